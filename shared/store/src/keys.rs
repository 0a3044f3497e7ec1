//! Builds and parses the table's keys. No other module does this.
//!
//! Keys contain typed ids and hashes. Free text is replaced by the first 16 bytes of its SHA-256 in base32, so that no text
//! can produce another item's key.

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

    /// Returns the key attributes, as `GetItem` and `UpdateItem` take them.
    pub fn attributes(self) -> std::collections::HashMap<String, AttributeValue> {
        [("pk".to_owned(), AttributeValue::S(self.pk)), ("sk".to_owned(), AttributeValue::S(self.sk))].into()
    }
}

/// The sort key of a resource's own item.
const SELF: &str = "A";
/// The sort key of the item that holds a conversation's large metadata.
const DETAIL: &str = "D";
const MESSAGE: &str = "M#";
const PROVIDER_MESSAGE: &str = "P#";
const EXECUTION: &str = "X#";
const BULK_MARKER: &str = "D#";
const FILE: &str = "F#";
/// A conversation in the queue of removals.
const QUEUED: &str = "C#";

fn hashed(text: &str) -> String {
    BASE32_NOPAD.encode(&Sha256::digest(text.as_bytes())[..16])
}

/// The keys outside of any workspace, which lead to a workspace.
pub(crate) mod root {
    use super::{BASE32_NOPAD, Key, SELF, SecretHash, WorkspaceId};

    pub(crate) const WORKSPACES: &str = "WS";

    /// Returns the key of a workspace's entry in the list of workspaces.
    pub(crate) fn workspace_listing(id: WorkspaceId) -> Key {
        Key::new(WORKSPACES.to_owned(), id.to_string())
    }

    /// Returns the key of an API key, by the hash of its secret.
    pub(crate) fn api_key(secret: &SecretHash) -> Key {
        Key::new(format!("K#{}", BASE32_NOPAD.encode(secret.as_bytes())), SELF)
    }
}

/// The keys of one workspace. All of them start with its id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TenantKeys(pub WorkspaceId);

impl TenantKeys {
    /// Returns the key of the workspace's own item.
    pub fn workspace(self) -> Key {
        Key::new(format!("W#{}", self.0), SELF)
    }

    /// Returns the key of an API key's entry in the workspace's list.
    pub fn api_key_listing(self, id: KeyId) -> Key {
        Key::new(format!("W#{}", self.0), format!("K#{id}"))
    }

    pub const API_KEY_PREFIX: &str = "K#";

    /// Returns the range of sort keys of the API keys after `after`.
    pub fn api_keys_after(after: Option<KeyId>) -> [String; 2] {
        // '!' sorts before every digit, '~' after every letter.
        [after.map_or("K#!".to_owned(), |id| format!("K#{id}!")), "K#~".to_owned()]
    }

    /// Returns the key of a conversation's own item.
    pub fn conversation(self, id: ConversationId) -> Key {
        Key::new(format!("W#{}#C#{id}", self.0), SELF)
    }

    /// Returns the key of the item that holds a conversation's large metadata.
    pub fn conversation_detail(self, id: ConversationId) -> Key {
        Key::new(format!("W#{}#C#{id}", self.0), DETAIL)
    }

    /// Returns the key of a message.
    pub fn message(self, conversation: ConversationId, id: MessageId) -> Key {
        Key::new(format!("W#{}#C#{conversation}", self.0), format!("{MESSAGE}{id}"))
    }

    /// Returns the key of a file's own item.
    pub fn file(self, id: FileId) -> Key {
        Key::new(format!("W#{}#F#{id}", self.0), SELF)
    }

    /// Returns the key of the item that lists a file under its conversation.
    pub fn file_of_conversation(self, conversation: ConversationId, id: FileId) -> Key {
        Key::new(format!("W#{}#C#{conversation}", self.0), format!("{FILE}{id}"))
    }

    /// Returns the S3 key to which a file is uploaded.
    pub fn pending_object(self, id: FileId) -> String {
        format!("pending/{}/{id}", self.0)
    }

    /// Returns the S3 key of a registered file. Its uploader cannot write to it.
    pub fn file_object(self, id: FileId) -> String {
        format!("files/{}/{id}", self.0)
    }

    /// Returns the key of the item that holds the version and status with which a conversation was last counted.
    pub fn counted(self, id: ConversationId) -> Key {
        Key::new(self.conversation(id).pk, "Z")
    }

    /// The range of sort keys of a conversation's items, except its own item and the counted state.
    pub const CONVERSATION_CHILDREN: [&str; 2] = ["A!", "Y~"];

    /// Returns the key of one of the workspace's counters. `shard` is less than [`COUNTER_SHARDS`].
    pub fn counter(self, shard: u8) -> Key {
        Key::new(format!("W#{}#Z#{shard}", self.0), SELF)
    }

    /// Returns the partition of the first index that holds the tombstones of deleted conversations.
    pub fn tombstones(self) -> String {
        format!("W#{}#T", self.0)
    }

    /// Returns the key of the queue of deleted conversations whose items are not removed yet.
    pub fn removal_queue(self) -> Key {
        Key::new(format!("W#{}#P", self.0), SELF)
    }

    /// Returns the key of a conversation in that queue.
    pub fn queued_removal(self, id: ConversationId) -> Key {
        Key::new(self.removal_queue().pk, format!("{QUEUED}{id}"))
    }

    /// Returns the range of sort keys of the conversations after `after` in that queue.
    pub fn removals_after(after: Option<ConversationId>) -> [String; 2] {
        // '!' sorts before every digit, '~' after every letter.
        [format!("{QUEUED}{}!", after.map(|id| id.to_string()).unwrap_or_default()), format!("{QUEUED}~")]
    }

    /// Returns the key of the audit record of a deletion.
    pub fn audit(self, id: MessageId) -> Key {
        Key::new(format!("W#{}#L", self.0), id.to_string())
    }

    /// Returns the key of the claim on a provider's message id, unique in the conversation.
    pub fn provider_message(self, conversation: ConversationId, id: &ExternalId) -> Key {
        Key::new(format!("W#{}#C#{conversation}", self.0), format!("{PROVIDER_MESSAGE}{}", hashed(id.as_str())))
    }

    /// Returns the key of the claim on an externalId.
    pub fn external_id(self, id: &ExternalId) -> Key {
        Key::new(format!("W#{}#X#{}", self.0, hashed(id.as_str())), SELF)
    }

    /// Returns the key of the counter of ticket numbers.
    pub fn ticket_number(self) -> Key {
        Key::new(format!("W#{}#N", self.0), SELF)
    }

    /// Returns the key of a customer's own item.
    pub fn customer(self, id: &CustomerId) -> Key {
        Key::new(format!("W#{}#U#{}", self.0, hashed(id.as_str())), SELF)
    }

    /// Returns the key of the claim on an email.
    pub fn email_claim(self, email: &Email) -> Key {
        Key::new(format!("W#{}#E#{}", self.0, hashed(&email.normalized())), "!")
    }

    /// Returns the key of an idempotency record. `request` must contain everything that tells two requests apart: API key,
    /// customer, method, path and idempotency key.
    pub fn idempotency(self, request: &str) -> Key {
        Key::new(format!("W#{}#I#{}", self.0, hashed(request)), SELF)
    }

    /// Returns the key of the count of a rate limit's window. The windows of customers share the partition of their API key.
    pub fn rate_window(self, subject: &RateSubject, window: i64) -> Key {
        let (key, sk) = match subject {
            // Not the sort key of a resource's own item, because stream filters match those.
            RateSubject::Key(key) => (key, "K".to_owned()),
            RateSubject::Customer(key, customer) => (key, format!("U#{}", hashed(customer.as_str()))),
            RateSubject::Anonymous(key) => (key, "N".to_owned()),
        };
        Key::new(format!("W#{}#R#{key}#{window}", self.0), sk)
    }

    /// Returns the partition of the first index that holds the conversations of a status. `shard` starts at 0.
    pub fn by_status(self, status: Status, shard: u8) -> String {
        format!("W#{}#S#{status}#{shard}", self.0)
    }

    /// Returns the partition of the second index that holds a customer's conversations.
    pub fn by_customer(self, id: &CustomerId) -> String {
        format!("W#{}#U#{}", self.0, hashed(id.as_str()))
    }

    /// Returns the partition of a small collection.
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

    /// Returns the key of a resource in a small collection.
    pub fn resource(self, kind: Kind, id: impl Identifier) -> Key {
        Key::new(self.collection(kind), id.to_string())
    }

    /// Returns the key of a bulk action's own item.
    pub fn bulk_action(self, id: BulkActionId) -> Key {
        Key::new(format!("W#{}#B#{id}", self.0), SELF)
    }

    /// Returns the partition that lists the bulk actions.
    pub fn bulk_listings(self) -> String {
        format!("W#{}#B", self.0)
    }

    /// Returns the key of a bulk action's entry in the list.
    pub fn bulk_listing(self, id: BulkActionId) -> Key {
        Key::new(self.bulk_listings(), id.to_string())
    }

    /// Returns the key of one chunk of the ids for a bulk action's later batches.
    pub fn bulk_ids(self, id: BulkActionId, chunk: u8) -> Key {
        Key::new(self.bulk_action(id).pk, format!("I#{chunk:03}"))
    }

    /// Returns the key of the marker that a bulk action has processed a conversation.
    pub fn bulk_marker(self, id: BulkActionId, conversation: ConversationId) -> Key {
        Key::new(self.bulk_action(id).pk, format!("{BULK_MARKER}{conversation}"))
    }

    /// Returns the sort key in the first index of a resource that is listed by a text: case-insensitive, equal texts oldest
    /// first. A tab sorts before every character that a title may have.
    pub fn text_sort_key(text: &str, id: impl Identifier) -> String {
        format!("{}\t{id}", text.to_lowercase())
    }

    /// Returns the partition of an automation's executions.
    pub fn executions(self, automation: AutomationId) -> String {
        format!("{}#{automation}", self.collection(Kind::Automation))
    }

    /// Returns the key of one execution of an automation.
    pub fn execution(self, automation: AutomationId, id: ExecutionId) -> Key {
        Key::new(self.executions(automation), format!("{EXECUTION}{id}"))
    }

    /// Returns the range of sort keys of the executions before `before`, or of all executions.
    pub fn executions_before(before: Option<ExecutionId>) -> [String; 2] {
        // '!' sorts before every digit, '~' after every letter.
        [format!("{EXECUTION}!"), before.map_or(format!("{EXECUTION}~"), |id| format!("{EXECUTION}{id}"))]
    }

    /// Returns the partition of the third index that holds a member's conversations.
    pub fn by_assignee(self, id: MemberId) -> String {
        format!("W#{}#G#{id}", self.0)
    }

    /// Returns the partition of the first index that lists customers.
    pub fn customer_listing(self, shard: u8) -> String {
        format!("W#{}#L#{shard}", self.0)
    }
}

/// Parses a bulk action's partition key.
pub(crate) fn bulk_action_of(pk: &str) -> Option<BulkActionId> {
    pk.rsplit_once("#B#").and_then(|(_, id)| BulkActionId::parse(id))
}

/// Parses the sort key of a bulk action's marker.
pub(crate) fn bulk_marker_of(sk: &str) -> Option<ConversationId> {
    sk.strip_prefix(BULK_MARKER).and_then(ConversationId::parse)
}

/// Parses a conversation's partition key.
pub(crate) fn conversation_of(pk: &str) -> Option<ConversationId> {
    pk.rsplit_once("#C#").and_then(|(_, id)| ConversationId::parse(id))
}

/// The number of items over which a workspace's counters are spread. One item takes a few hundred transactions a second.
pub(crate) const COUNTER_SHARDS: u8 = 4;

/// The parsed key of a stream record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamKey {
    BulkAction(WorkspaceId, BulkActionId),
    Conversation(WorkspaceId, ConversationId),
    Customer(WorkspaceId),
    File(WorkspaceId, FileId),
    Message(WorkspaceId, ConversationId),
    RemovalQueue(WorkspaceId),
}

/// Parses a stream record's key. Returns `None` for items that no consumer of the stream reads.
pub(crate) fn stream_key(pk: &str, sk: &str) -> Option<StreamKey> {
    let (workspace, rest) = pk.strip_prefix("W#")?.split_once('#')?;
    let workspace = WorkspaceId::parse(workspace)?;
    if rest == "P" && sk == SELF {
        return Some(StreamKey::RemovalQueue(workspace));
    }
    let (kind, id) = rest.split_once('#')?;
    if kind == "C" && message_of(sk).is_some() {
        return ConversationId::parse(id).map(|id| StreamKey::Message(workspace, id));
    }
    if sk != SELF {
        return None;
    }
    match (kind, id) {
        ("B", id) => BulkActionId::parse(id).map(|id| StreamKey::BulkAction(workspace, id)),
        ("C", id) => ConversationId::parse(id).map(|id| StreamKey::Conversation(workspace, id)),
        ("U", _) => Some(StreamKey::Customer(workspace)),
        ("F", id) => FileId::parse(id).map(|id| StreamKey::File(workspace, id)),
        _ => None,
    }
}

/// Parses the key of an execution.
pub(crate) fn execution_of(pk: &str, sk: &str) -> Option<(WorkspaceId, AutomationId, ExecutionId)> {
    let (workspace, automation) = pk.strip_prefix("W#")?.split_once("#O#")?;
    let execution = ExecutionId::parse(sk.strip_prefix(EXECUTION)?)?;
    Some((WorkspaceId::parse(workspace)?, AutomationId::parse(automation)?, execution))
}

/// Parses a message's sort key.
pub(crate) fn message_of(sk: &str) -> Option<MessageId> {
    sk.strip_prefix(MESSAGE).and_then(MessageId::parse)
}

/// Parses the sort key of a conversation in the queue of removals.
pub(crate) fn removal_of_sk(sk: &str) -> Option<ConversationId> {
    sk.strip_prefix(QUEUED).and_then(ConversationId::parse)
}

/// Parses a file's partition key.
pub(crate) fn file_of_pk(pk: &str) -> Option<FileId> {
    pk.rsplit_once("#F#").and_then(|(_, id)| FileId::parse(id))
}

/// Parses the sort key of the item that lists a file under its conversation.
pub(crate) fn file_of_sk(sk: &str) -> Option<FileId> {
    sk.strip_prefix(FILE).and_then(FileId::parse)
}

/// Parses the sort key of a resource in a small collection.
pub(crate) fn resource_of<I: Identifier>(sk: &str) -> Option<I> {
    I::parse(sk)
}

/// Returns the number of a conversation's index partition, less than `shards`. The id's random bits spread conversations
/// evenly.
pub(crate) fn shard_of(id: ConversationId, shards: u8) -> u8 {
    // The byte before the channel is random in every generated id.
    id.as_bytes()[14] % shards.max(1)
}

/// Returns the smallest number of index partitions with which [`shard_of`] gives this conversation the partition that it is
/// on. A writer that knows only the item can then keep it there.
pub(crate) fn shards_of(id: ConversationId, partition: &str) -> Option<u8> {
    let shard: u8 = partition.rsplit_once('#')?.1.parse().ok()?;
    (1..=u8::MAX).find(|&shards| shard_of(id, shards) == shard)
}
