//! The only place that spells keys, and the only one that reads them.
//!
//! Typed ids and hashes go into keys; free text goes in as the first 16 bytes of its SHA-256 in base32, so that no
//! text can stand for another key.

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE32_NOPAD;
use deskless_domain::{
    AutomationId, BulkActionId, ConversationId, CustomerId, Email, ExecutionId, ExternalId, FileId, Identifier, KeyId,
    Kind, MemberId, MessageId, SecretHash, Status, WorkspaceId,
};
use sha2::{Digest, Sha256};

use crate::RateSubject;

/// The primary key of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    /// The two attributes, as `GetItem` and `UpdateItem` want them.
    pub fn attributes(self) -> std::collections::HashMap<String, AttributeValue> {
        [("pk".to_owned(), AttributeValue::S(self.pk)), ("sk".to_owned(), AttributeValue::S(self.sk))].into()
    }
}

/// The sort key of a thing's own item.
const SELF: &str = "A";
/// The sort key of what is too large for the item itself.
const DETAIL: &str = "D";
const MESSAGE: &str = "M#";
const PROVIDER_MESSAGE: &str = "P#";
const EXECUTION: &str = "X#";
const DONE: &str = "D#";
const FILE: &str = "F#";

fn hashed(text: &str) -> String {
    BASE32_NOPAD.encode(&Sha256::digest(text.as_bytes())[..16])
}

/// The keys that belong to no workspace: how one is found.
pub(crate) mod root {
    use super::{BASE32_NOPAD, Key, SELF, SecretHash, WorkspaceId};

    pub(crate) const WORKSPACES: &str = "WS";

    pub(crate) fn workspace_listing(id: WorkspaceId) -> Key {
        Key::new(WORKSPACES.to_owned(), id.to_string())
    }

    pub(crate) fn api_key(secret: &SecretHash) -> Key {
        Key::new(format!("K#{}", BASE32_NOPAD.encode(secret.as_bytes())), SELF)
    }
}

/// The keys of one workspace. All of them start with its id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TenantKeys(pub WorkspaceId);

impl TenantKeys {
    pub fn workspace(self) -> Key {
        Key::new(format!("W#{}", self.0), SELF)
    }

    pub fn api_key_listing(self, id: KeyId) -> Key {
        Key::new(format!("W#{}", self.0), format!("K#{id}"))
    }

    pub const API_KEY_PREFIX: &str = "K#";

    /// The sort keys of the API keys behind `after`, as the ends of a range.
    pub fn api_keys_after(after: Option<KeyId>) -> [String; 2] {
        // '!' sorts before every digit, and '~' behind every letter.
        [after.map_or("K#!".to_owned(), |id| format!("K#{id}!")), "K#~".to_owned()]
    }

    pub fn conversation(self, id: ConversationId) -> Key {
        Key::new(format!("W#{}#C#{id}", self.0), SELF)
    }

    pub fn conversation_detail(self, id: ConversationId) -> Key {
        Key::new(format!("W#{}#C#{id}", self.0), DETAIL)
    }

    pub fn message(self, conversation: ConversationId, id: MessageId) -> Key {
        Key::new(format!("W#{}#C#{conversation}", self.0), format!("{MESSAGE}{id}"))
    }

    pub fn file(self, id: FileId) -> Key {
        Key::new(format!("W#{}#F#{id}", self.0), SELF)
    }

    /// What says that a conversation has this file.
    pub fn file_of_conversation(self, conversation: ConversationId, id: FileId) -> Key {
        Key::new(format!("W#{}#C#{conversation}", self.0), format!("{FILE}{id}"))
    }

    /// Where a file is uploaded to, in the bucket.
    pub fn pending_object(self, id: FileId) -> String {
        format!("pending/{}/{id}", self.0)
    }

    /// Where a file is kept in the bucket, out of reach of whoever uploaded it.
    pub fn file_object(self, id: FileId) -> String {
        format!("files/{}/{id}", self.0)
    }

    /// What a conversation was last counted as.
    pub fn counted(self, id: ConversationId) -> Key {
        Key::new(self.conversation(id).pk, "Z")
    }

    /// Everything under a conversation but its own item and what it was counted as: the ends of a range.
    pub const UNDER_A_CONVERSATION: [&str; 2] = ["A!", "Y~"];

    /// One of the workspace's counters; `shard` counts from 0 to [`COUNTER_SHARDS`].
    pub fn counter(self, shard: u8) -> Key {
        Key::new(format!("W#{}#Z#{shard}", self.0), SELF)
    }

    /// The partition of the first index that holds what is being deleted.
    pub fn tombstones(self) -> String {
        format!("W#{}#T", self.0)
    }

    pub fn audit(self, id: MessageId) -> Key {
        Key::new(format!("W#{}#L", self.0), id.to_string())
    }

    /// A provider's id of a message, under the message's conversation.
    pub fn provider_message(self, conversation: ConversationId, id: &ExternalId) -> Key {
        Key::new(format!("W#{}#C#{conversation}", self.0), format!("{PROVIDER_MESSAGE}{}", hashed(id.as_str())))
    }

    pub fn external_id(self, id: &ExternalId) -> Key {
        Key::new(format!("W#{}#X#{}", self.0, hashed(id.as_str())), SELF)
    }

    pub fn ticket_number(self) -> Key {
        Key::new(format!("W#{}#N", self.0), SELF)
    }

    pub fn customer(self, id: &CustomerId) -> Key {
        Key::new(format!("W#{}#U#{}", self.0, hashed(id.as_str())), SELF)
    }

    pub fn email_claim(self, email: &Email) -> Key {
        Key::new(format!("W#{}#E#{}", self.0, hashed(&email.normalized())), "!")
    }

    /// `request` must name everything that makes two requests different: key, customer, method, path.
    pub fn idempotency(self, request: &str) -> Key {
        Key::new(format!("W#{}#I#{}", self.0, hashed(request)), SELF)
    }

    /// What a window holds of a key's requests. A visitor's buckets lie beside their key's.
    pub fn rate_bucket(self, bucket: &RateSubject, window: i64) -> Key {
        let (key, sk) = match bucket {
            // Not a thing's own item: what the stream's worker is given are those, and leases are none of its business.
            RateSubject::Key(key) => (key, "K".to_owned()),
            RateSubject::Customer(key, customer) => (key, format!("U#{}", hashed(customer.as_str()))),
            RateSubject::Anonymous(key) => (key, "N".to_owned()),
        };
        Key::new(format!("W#{}#R#{key}#{window}", self.0), sk)
    }

    /// The partition of the first index that holds a status; `shard` counts from 0.
    pub fn by_status(self, status: Status, shard: u8) -> String {
        format!("W#{}#S#{status}#{shard}", self.0)
    }

    /// The partition of the second index that holds a customer's conversations.
    pub fn by_customer(self, id: &CustomerId) -> String {
        format!("W#{}#U#{}", self.0, hashed(id.as_str()))
    }

    /// The partition of a small collection.
    pub fn collection(self, kind: Kind) -> String {
        let letter = match kind {
            Kind::Assistant => "A",
            Kind::Inbox => "Q",
            Kind::Member => "H",
            Kind::Pipeline => "J",
            Kind::View => "V",
            Kind::PredefinedMessage => "Y",
            Kind::Automation => "O",
        };
        format!("W#{}#{letter}", self.0)
    }

    /// One of a small collection.
    pub fn collected(self, kind: Kind, id: impl Identifier) -> Key {
        Key::new(self.collection(kind), id.to_string())
    }

    pub fn bulk_action(self, id: BulkActionId) -> Key {
        Key::new(format!("W#{}#B#{id}", self.0), SELF)
    }

    /// The partition that lists the bulk actions.
    pub fn bulk_listings(self) -> String {
        format!("W#{}#B", self.0)
    }

    pub fn bulk_listing(self, id: BulkActionId) -> Key {
        Key::new(self.bulk_listings(), id.to_string())
    }

    /// The ids of a bulk action's later steps, in chunks.
    pub fn bulk_ids(self, id: BulkActionId, chunk: u8) -> Key {
        Key::new(self.bulk_action(id).pk, format!("I#{chunk:03}"))
    }

    /// Says that a bulk action has dealt with a conversation.
    pub fn bulk_done(self, id: BulkActionId, conversation: ConversationId) -> Key {
        Key::new(self.bulk_action(id).pk, format!("{DONE}{conversation}"))
    }

    /// Where one of a collection stands in the first index, if that lists it by a text: regardless of case, and by age where
    /// texts are the same. A tab sorts before everything that a title may hold.
    pub fn sorted_place(text: &str, id: impl Identifier) -> String {
        format!("{}\t{id}", text.to_lowercase())
    }

    /// The partition of an automation's runs.
    pub fn executions(self, automation: AutomationId) -> String {
        format!("{}#{automation}", self.collection(Kind::Automation))
    }

    /// One run of an automation.
    pub fn execution(self, automation: AutomationId, id: ExecutionId) -> Key {
        Key::new(self.executions(automation), format!("{EXECUTION}{id}"))
    }

    /// The sort keys of the runs before `before`, as the ends of a range; of all runs without it.
    pub fn executions_before(before: Option<ExecutionId>) -> [String; 2] {
        // '~' sorts behind every letter, '!' before every digit.
        [format!("{EXECUTION}!"), before.map_or(format!("{EXECUTION}~"), |id| format!("{EXECUTION}{id}"))]
    }

    /// The partition of the third index that holds a member's conversations.
    pub fn by_assignee(self, id: MemberId) -> String {
        format!("W#{}#G#{id}", self.0)
    }

    /// The partition of the first index that lists customers.
    pub fn customer_listing(self, shard: u8) -> String {
        format!("W#{}#L#{shard}", self.0)
    }
}

/// Reads a bulk action's id out of its partition key.
pub(crate) fn bulk_action_of(pk: &str) -> Option<BulkActionId> {
    pk.rsplit_once("#B#").and_then(|(_, id)| BulkActionId::parse(id))
}

/// Reads the conversation's id out of the sort key that says that a bulk action has dealt with it.
pub(crate) fn bulk_done_of(sk: &str) -> Option<ConversationId> {
    sk.strip_prefix(DONE).and_then(ConversationId::parse)
}

/// Reads a conversation's id out of its partition key.
pub(crate) fn conversation_of(pk: &str) -> Option<ConversationId> {
    pk.rsplit_once("#C#").and_then(|(_, id)| ConversationId::parse(id))
}

/// Over how many items a workspace's counters are spread: one item takes some hundred transactions a second.
pub(crate) const COUNTER_SHARDS: u8 = 4;

/// Whose a thing's own item is, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owned {
    BulkAction(WorkspaceId, BulkActionId),
    Conversation(WorkspaceId, ConversationId),
    Customer(WorkspaceId),
    File(WorkspaceId, FileId),
    Message(WorkspaceId, ConversationId),
}

/// Reads a stream record's key, as far as the worker on the stream cares for it.
pub(crate) fn owned(pk: &str, sk: &str) -> Option<Owned> {
    let (workspace, rest) = pk.strip_prefix("W#")?.split_once('#')?;
    let workspace = WorkspaceId::parse(workspace)?;
    let (kind, id) = rest.split_once('#')?;
    if kind == "C" && message_of(sk).is_some() {
        return ConversationId::parse(id).map(|id| Owned::Message(workspace, id));
    }
    if sk != SELF {
        return None;
    }
    match (kind, id) {
        ("B", id) => BulkActionId::parse(id).map(|id| Owned::BulkAction(workspace, id)),
        ("C", id) => ConversationId::parse(id).map(|id| Owned::Conversation(workspace, id)),
        ("U", _) => Some(Owned::Customer(workspace)),
        ("F", id) => FileId::parse(id).map(|id| Owned::File(workspace, id)),
        _ => None,
    }
}

/// Whose a run of an automation is, by its key.
pub(crate) fn execution_of(pk: &str, sk: &str) -> Option<(WorkspaceId, AutomationId, ExecutionId)> {
    let (workspace, automation) = pk.strip_prefix("W#")?.split_once("#O#")?;
    let execution = ExecutionId::parse(sk.strip_prefix(EXECUTION)?)?;
    Some((WorkspaceId::parse(workspace)?, AutomationId::parse(automation)?, execution))
}

/// Reads a message's id out of its sort key.
pub(crate) fn message_of(sk: &str) -> Option<MessageId> {
    sk.strip_prefix(MESSAGE).and_then(MessageId::parse)
}

/// Reads a file's id out of its partition key.
pub(crate) fn file_in(pk: &str) -> Option<FileId> {
    pk.rsplit_once("#F#").and_then(|(_, id)| FileId::parse(id))
}

/// Reads a file's id out of its sort key under a conversation.
pub(crate) fn file_of(sk: &str) -> Option<FileId> {
    sk.strip_prefix(FILE).and_then(FileId::parse)
}

/// Reads the id of one of a small collection out of its sort key.
pub(crate) fn collected_of<I: Identifier>(sk: &str) -> Option<I> {
    I::parse(sk)
}

/// On which of `shards` index partitions a conversation stands. Its random bits are spread evenly.
pub(crate) fn shard_of(id: ConversationId, shards: u8) -> u8 {
    // The byte before the channel's: random in every id that we make.
    id.as_bytes()[14] % shards.max(1)
}

/// Over how many partitions a workspace may be spread that has a conversation on this one: enough for whoever has to leave
/// it where it stands.
pub(crate) fn shards_of(id: ConversationId, partition: &str) -> Option<u8> {
    let shard: u8 = partition.rsplit_once('#')?.1.parse().ok()?;
    (1..=u8::MAX).find(|&shards| shard_of(id, shards) == shard)
}
