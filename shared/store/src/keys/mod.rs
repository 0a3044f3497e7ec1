//! Builds and parses the table's keys. No other module does this.
//!
//! Keys contain typed ids and hashes. Free text is replaced by the first 16 bytes of its SHA-256, so that no text
//! can produce another item's key.

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE32_NOPAD;
use deskless_domain::{
    AttemptId, AuditEntryId, AuditFilter, AutomationId, BulkActionId, ConversationId, CustomerId, ExecutionId,
    ExternalId, Identifier, InboxId, KeyId, Kind, MemberId, MessageId, SecretHash, SessionKey, Status, WorkspaceId,
};
use sha2::{Digest, Sha256};

use crate::{
    RateSubject,
    packed::{encode, pack},
};

mod call;
mod customer;
mod delivery;
mod file;
mod index;
mod log;
mod parse;

pub(crate) use call::call_of_conversation_sk;
pub use customer::CustomerKey;
pub(crate) use customer::{EMAIL_CLAIM, POINTER};
pub(crate) use delivery::{HOLD, given_up_of_sk, hold_of_sk, run_of_sk};
pub(crate) use index::{
    ACTIVITY, BY_ASSIGNEE, BY_CREATION, BY_CUSTOMER, BY_DUE_TIME, BY_STATUS, DUE, DUE_SHARDS, Index, due_partition,
    due_partition_of, shard_of, shard_of_customer,
};
pub(crate) use log::segment_of_sk;
pub(crate) use parse::{
    StreamKey, bulk_action_of, bulk_marker_of, content_of_pk, conversation_of, customer_of, due_of, execution_of,
    execution_of_sk, file_of_pk, file_of_sk, is_cell_of, message_of, pointer_of, removal_of_sk, resource_of,
    stream_key,
};

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

/// Stands for no assignee and no inbox in the key of a counter.
const NONE: &str = "-";

fn hashed(text: &str) -> String {
    encode(&Sha256::digest(text.as_bytes())[..16])
}

/// The keys outside of any workspace, which lead to a workspace.
pub(crate) mod root {
    use super::{BASE32_NOPAD, Key, SELF, SecretHash, WorkspaceId, pack};

    pub(crate) const WORKSPACES: &str = "WS";

    /// Returns the key of a workspace's entry in the list of workspaces.
    pub(crate) fn workspace_listing(id: WorkspaceId) -> Key {
        Key::new(WORKSPACES.to_owned(), pack(id))
    }

    /// Returns the key of the table's data keys.
    pub(crate) fn data_keys() -> Key {
        Key::new("DK".to_owned(), SELF)
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
    /// Returns the start of every partition key of the workspace.
    fn prefix(self) -> String {
        format!("W#{}", pack(self.0))
    }

    /// Returns the partition of a conversation and everything under it.
    fn thread(self, id: ConversationId) -> String {
        format!("{}#C#{}", self.prefix(), pack(id))
    }

    /// Returns the key of the workspace's own item.
    pub fn workspace(self) -> Key {
        Key::new(self.prefix(), SELF)
    }

    /// Returns the key of an API key's entry in the workspace's list.
    pub fn api_key_listing(self, id: KeyId) -> Key {
        Key::new(self.prefix(), format!("K#{}", pack(id)))
    }

    /// Returns the key of the counter of the workspace's API keys.
    pub fn api_key_count(self) -> Key {
        Key::new(self.prefix(), "N")
    }

    pub const API_KEY_PREFIX: &str = "K#";

    /// Returns the range of sort keys of the API keys after `after`.
    pub fn api_keys_after(after: Option<KeyId>) -> [String; 2] {
        // '!' sorts before every character of an id, '~' after.
        [after.map_or("K#!".to_owned(), |id| format!("K#{}!", pack(id))), "K#~".to_owned()]
    }

    /// Returns the key of the item that changes with every automation.
    pub fn automations_stamp(self) -> Key {
        Key::new(self.prefix(), "O")
    }

    /// Returns the key of a conversation's own item.
    pub fn conversation(self, id: ConversationId) -> Key {
        Key::new(self.thread(id), SELF)
    }

    /// Returns the key of the item that holds a conversation's large metadata.
    pub fn conversation_detail(self, id: ConversationId) -> Key {
        Key::new(self.thread(id), DETAIL)
    }

    /// Returns the key of a message.
    pub fn message(self, conversation: ConversationId, id: MessageId) -> Key {
        Key::new(self.thread(conversation), format!("{MESSAGE}{}", pack(id)))
    }

    /// Returns the key of the item that holds the version and status with which a conversation was last counted.
    pub fn counted(self, id: ConversationId) -> Key {
        Key::new(self.conversation(id).pk, "Z")
    }

    /// The range of sort keys of a conversation's items, except its own item and the counted state.
    pub const CONVERSATION_CHILDREN: [&str; 2] = ["A!", "Y~"];

    /// Returns the partition of the workspace's counters.
    pub fn counters(self) -> String {
        format!("{}#Z", self.prefix())
    }

    /// Returns the start of the sort keys of the counters in one generation.
    pub fn counters_in(generation: u64) -> String {
        format!("{generation}#")
    }

    /// Returns the start of the sort keys of an assignee's counters, or of those of unassigned conversations.
    pub fn counters_of(generation: u64, assignee: Option<MemberId>) -> String {
        format!("{generation}#{}#", assignee.map_or(NONE.to_owned(), pack))
    }

    /// Returns the key of the counter of an assignee and an inbox.
    pub fn counter(self, generation: u64, assignee: Option<MemberId>, inbox: Option<InboxId>) -> Key {
        let inbox = inbox.map_or(NONE.to_owned(), pack);
        Key::new(self.counters(), format!("{}{inbox}", Self::counters_of(generation, assignee)))
    }

    /// Returns the partition of the change log.
    pub fn change_log(self) -> String {
        format!("{}#M", self.prefix())
    }

    /// Returns the key of an entry in the change log.
    pub fn change_log_entry(self, id: AttemptId) -> Key {
        Key::new(self.change_log(), pack(id))
    }

    /// Returns the partition of the first index that holds the tombstones of deleted conversations.
    pub fn tombstones(self) -> String {
        format!("{}#D", self.prefix())
    }

    /// Returns the key of the queue of deleted conversations whose items are not removed yet.
    pub fn removal_queue(self) -> Key {
        Key::new(format!("{}#P", self.prefix()), SELF)
    }

    /// Returns the key of a conversation in that queue.
    pub fn queued_removal(self, id: ConversationId) -> Key {
        Key::new(self.removal_queue().pk, format!("{QUEUED}{}", pack(id)))
    }

    /// Returns the range of sort keys of the conversations after `after` in that queue.
    pub fn removals_after(after: Option<ConversationId>) -> [String; 2] {
        // '!' sorts before every character of an id, '~' after.
        [format!("{QUEUED}{}!", after.map(pack).unwrap_or_default()), format!("{QUEUED}~")]
    }

    /// Returns the partition of the audit log.
    pub fn audit_log(self) -> String {
        format!("{}#L", self.prefix())
    }

    /// Returns the key of an entry of the audit log.
    pub fn audit_entry(self, id: AuditEntryId) -> Key {
        Key::new(self.audit_log(), pack(id))
    }

    /// Returns the first and the last sort key of the entries that may match a filter, of those before `before`.
    pub fn audit_range(filter: &AuditFilter, before: Option<AuditEntryId>) -> (String, String) {
        // '!' sorts before every character of an id, '~' after. An id starts with its time.
        let start_of = |time| pack(MessageId::start_of(time));
        let from = filter.created_after.map_or("!".to_owned(), start_of);
        let to = filter.created_before.map_or("~".to_owned(), start_of);
        (from, before.map(Self::before_audit_entry).map_or(to.clone(), |before| before.min(to)))
    }

    /// Returns a sort key after the entries that are older than this one, and before it.
    pub fn before_audit_entry(id: AuditEntryId) -> String {
        pack(MessageId::from_bytes(id.to_bytes()).preceding())
    }

    /// Returns the digest of a customer's id, which may be an email address.
    pub fn digest_of_customer(id: &CustomerId) -> String {
        hashed(id.as_str())
    }

    /// Returns the key of the claim on a provider's message id, unique in the conversation.
    pub fn provider_message(self, conversation: ConversationId, id: &ExternalId) -> Key {
        Key::new(self.thread(conversation), format!("{PROVIDER_MESSAGE}{}", hashed(id.as_str())))
    }

    /// Returns the key of the claim on an externalId.
    pub fn external_id(self, id: &ExternalId) -> Key {
        Key::new(format!("{}#X#{}", self.prefix(), hashed(id.as_str())), SELF)
    }

    /// Returns the key of the counter of ticket numbers.
    pub fn ticket_number(self) -> Key {
        Key::new(format!("{}#N", self.prefix()), SELF)
    }

    /// Returns the key of the count of a rate limit's window. The windows of customers share the partition of their API key.
    pub fn rate_window(self, subject: &RateSubject, window: i64) -> Key {
        let (owner, sk) = match subject {
            RateSubject::Workspace(workspace) => (pack(*workspace), "W".to_owned()),
            RateSubject::Key(key) => (pack(*key), "K".to_owned()),
            RateSubject::Customer(key, customer) => (pack(*key), format!("U#{}", hashed(customer.as_str()))),
            RateSubject::Anonymous(key) => (pack(*key), "A".to_owned()),
            RateSubject::Opening(key) => (pack(*key), "N".to_owned()),
        };
        Key::new(format!("{}#R#{owner}#{window}", self.prefix()), sk)
    }

    /// Returns the key of the count of a customer's uploads in an hour.
    pub fn uploads(self, customer: &CustomerId, hour: i64) -> Key {
        Key::new(format!("{}#R#{}#{hour}", self.prefix(), hashed(customer.as_str())), "F")
    }

    /// Returns the partition of the first index that holds the conversations of a status. `shard` starts at 0.
    pub fn by_status(self, status: Status, shard: u8) -> String {
        format!("{}#S#{status}#{shard}", self.prefix())
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
            // Beside the event log, which has the letter K.
            Kind::WebhookEndpoint => "K#N",
        };
        format!("{}#{letter}", self.prefix())
    }

    /// Returns the key of a resource in a small collection.
    pub fn resource(self, kind: Kind, id: impl Identifier) -> Key {
        Key::new(self.collection(kind), pack(id))
    }

    /// Returns the key of the claim on a text that is unique in a small collection.
    pub fn resource_claim(self, kind: Kind, text: &str) -> Key {
        Key::new(format!("{}#{}", self.collection(kind), hashed(text)), "!")
    }

    /// Returns the key of the claim on a sessionKey, which is unique among the conversations of an inbox that are not solved.
    pub fn session_claim(self, inbox: Option<InboxId>, key: &SessionKey) -> Key {
        // The id and the sign for no inbox have no '#', so that no two pairs give the same text.
        let text = format!("{}#{}", inbox.map_or(NONE.to_owned(), pack), key.as_str());
        Key::new(format!("{}#W#{}", self.prefix(), hashed(&text)), SELF)
    }

    /// Returns the key of a bulk action's own item.
    pub fn bulk_action(self, id: BulkActionId) -> Key {
        Key::new(format!("{}#B#{}", self.prefix(), pack(id)), SELF)
    }

    /// Returns the partition that lists the bulk actions.
    pub fn bulk_listings(self) -> String {
        format!("{}#B", self.prefix())
    }

    /// Returns the key of a bulk action's entry in the list.
    pub fn bulk_listing(self, id: BulkActionId) -> Key {
        Key::new(self.bulk_listings(), pack(id))
    }

    /// Returns the key of one chunk of the ids for a bulk action's later batches.
    pub fn bulk_ids(self, id: BulkActionId, chunk: u8) -> Key {
        Key::new(self.bulk_action(id).pk, format!("I#{chunk:03}"))
    }

    /// Returns the key of the marker that a bulk action has processed a conversation.
    pub fn bulk_marker(self, id: BulkActionId, conversation: ConversationId) -> Key {
        Key::new(self.bulk_action(id).pk, format!("{BULK_MARKER}{}", pack(conversation)))
    }

    /// Returns the sort key in the first index of a resource that is listed by a text: case-insensitive, equal texts oldest
    /// first. A tab sorts before every character that a title may have.
    pub fn text_sort_key(text: &str, id: impl Identifier) -> String {
        format!("{}\t{}", text.to_lowercase(), pack(id))
    }

    /// Returns the partition of an automation's executions.
    pub fn executions(self, automation: AutomationId) -> String {
        format!("{}#{}", self.collection(Kind::Automation), pack(automation))
    }

    /// Returns the key of one execution of an automation.
    pub fn execution(self, automation: AutomationId, id: ExecutionId) -> Key {
        Key::new(self.executions(automation), format!("{EXECUTION}{}", pack(id)))
    }

    /// Returns the key of the item that names an execution with a context under its conversation.
    pub fn execution_of_conversation(
        self,
        conversation: ConversationId,
        automation: AutomationId,
        id: ExecutionId,
    ) -> Key {
        Key::new(self.thread(conversation), format!("{EXECUTION}{}#{}", pack(automation), pack(id)))
    }

    /// Returns the range of sort keys of the executions before `before`, or of all executions.
    pub fn executions_before(before: Option<ExecutionId>) -> [String; 2] {
        // '!' sorts before every character of an id, '~' after.
        [format!("{EXECUTION}!"), before.map_or(format!("{EXECUTION}~"), |id| format!("{EXECUTION}{}", pack(id)))]
    }

    /// Returns the partition of the third index that holds a member's conversations. `shard` starts at 0.
    pub fn by_assignee(self, id: MemberId, shard: u8) -> String {
        format!("{}#G#{}#{shard}", self.prefix(), pack(id))
    }

    /// Returns the partition of the fourth index, which lists conversations by creation. `shard` starts at 0.
    pub fn by_creation(self, shard: u8) -> String {
        format!("{}#T#{shard}", self.prefix())
    }
}
