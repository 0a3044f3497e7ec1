use deskless_domain::{
    AssistantId, AttemptId, Channel, Conversation, ConversationId, ExternalId, InboxId, MemberId, MessageId, Metadata,
    NewestReply, PipelineId, Placement, Priority, Resolution, SessionKey, Source, StageId, Status, Subject, Tags,
    Timestamp,
};
use serde::{Deserialize, Serialize};

use super::preview;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    customer::CustomerAttributes,
    item::{self, Item, string},
    keys::conversation_of,
    packed,
};

/// Returns the condition of every write to a conversation or its messages: the conversation exists and is not being
/// deleted. An update without it would create a deleted conversation again.
pub(crate) fn live() -> Condition {
    Condition::exists().missing(attributes::DELETED_AT)
}

/// Returns the item, unless the conversation is being deleted.
pub(crate) fn unless_deleted(item: Option<&Item>) -> Option<&Item> {
    item.filter(|item| !item.contains_key(attributes::DELETED_AT))
}

/// The names of the attributes that updates write.
pub(crate) mod attributes {
    pub(crate) const ACTIVITY: &str = "a";
    /// Who made the last change.
    pub(crate) const ACTOR: &str = "ac";
    pub(crate) const ASSIGNEE_ID: &str = "as";
    pub(crate) const ASSIGNEE_PARTITION: &str = "p3";
    pub(crate) const ASSISTANT_ID: &str = "ai";
    pub(crate) const ATTEMPT: &str = "t";
    pub(crate) const AWAITING_REPLY: &str = "w";
    pub(crate) const CHANNEL: &str = "ch";
    pub(crate) const CLOSED_AT: &str = "cl";
    pub(crate) const CREATED_AT: &str = "ca";
    pub(crate) const CREATION_PARTITION: &str = "p4";
    pub(crate) const CUSTOMER_PARTITION: &str = "p2";
    /// The cause of the last change made by an automation.
    pub(crate) const CAUSE: &str = "by";
    pub(crate) const CUSTOMER: &str = "c";
    pub(crate) const DELETED_AT: &str = "dl";
    /// The message that was deleted last.
    pub(crate) const DELETED_MESSAGE: &str = "dm";
    pub(crate) const ESCALATED: &str = "e";
    pub(crate) const EXTERNAL_ID: &str = "x";
    pub(crate) const FIRST_RESPONSE_AT: &str = "fr";
    pub(crate) const INBOX_ID: &str = "in";
    pub(crate) const LAST_CUSTOMER_REPLY_AT: &str = "lc";
    pub(crate) const LARGE_METADATA: &str = "lm";
    pub(crate) const MESSAGE_COUNT: &str = "mc";
    pub(crate) const METADATA: &str = "m";
    /// Changes whenever large metadata is replaced, so that the stream record of the conversation's own item shows it.
    pub(crate) const METADATA_MARK: &str = "mm";
    pub(crate) const NUMBER: &str = "n";
    pub(crate) const ORDER_MARK: &str = "o";
    pub(crate) const PIPELINE_ID: &str = "pi";
    pub(crate) const PREVIEW: &str = "pv";
    pub(crate) const PREVIEW_MESSAGE_ID: &str = "pm";
    pub(crate) const PRIORITY: &str = "pr";
    pub(crate) const READ_UP_TO: &str = "r";
    /// The digest of the request that created the conversation, if it had an idempotency key.
    pub(crate) const REQUEST: &str = "ik";
    pub(crate) const RESOLUTION: &str = "re";
    pub(crate) const SESSION_KEY: &str = "se";
    pub(crate) const SNOOZED_UNTIL: &str = "sn";
    pub(crate) const STAGE_ID: &str = "st";
    pub(crate) const STATUS: &str = "s";
    pub(crate) const STATUS_PARTITION: &str = "p1";
    pub(crate) const SUBJECT: &str = "su";
    pub(crate) const TAGS: &str = "tg";
    pub(crate) const UNREAD_COUNT: &str = "u";
    pub(crate) const UPDATED_AT: &str = "ua";
    pub(crate) const VERSION: &str = "v";
}

/// The maximum size of metadata in the conversation's own item, in bytes. Larger metadata is a separate item, so that
/// indexes and messages do not pay for it.
const INLINE_METADATA: usize = 1024;

/// A conversation's own item.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ConversationItem {
    #[serde(rename = "p1")]
    pub status_partition: String,
    #[serde(rename = "p2")]
    pub customer_partition: String,
    #[serde(rename = "p3", skip_serializing_if = "Option::is_none")]
    pub assignee_partition: Option<String>,
    /// Written once: the partition of the index that lists conversations by creation.
    #[serde(rename = "p4")]
    pub creation_partition: String,
    /// The sort key of the indexes.
    #[serde(rename = "a", with = "packed")]
    pub activity: MessageId,
    /// The newest message id.
    #[serde(rename = "o", with = "packed")]
    pub order_mark: MessageId,
    /// The attempt that wrote the last create or patch, so that a retry recognizes its own write.
    #[serde(rename = "t", with = "packed")]
    pub attempt: AttemptId,
    #[serde(rename = "v")]
    pub version: u64,
    #[serde(rename = "n")]
    pub number: u64,
    #[serde(rename = "ch")]
    pub channel: Channel,
    #[serde(rename = "so")]
    pub source: Source,
    #[serde(rename = "s")]
    pub status: Status,
    #[serde(rename = "re", skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    #[serde(rename = "e")]
    pub escalated: bool,
    #[serde(rename = "pr")]
    pub priority: Priority,
    #[serde(rename = "su")]
    pub subject: Subject,
    #[serde(rename = "pv", with = "preview", default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    #[serde(rename = "pm", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    pub preview_message_id: Option<MessageId>,
    #[serde(rename = "c")]
    pub customer: CustomerAttributes,
    #[serde(rename = "x", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    #[serde(rename = "se", skip_serializing_if = "Option::is_none")]
    pub session_key: Option<SessionKey>,
    #[serde(rename = "in", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    #[serde(rename = "as", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<MemberId>,
    #[serde(rename = "ai", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    pub assistant_id: Option<AssistantId>,
    #[serde(rename = "pi", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<PipelineId>,
    #[serde(rename = "st", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    pub stage_id: Option<StageId>,
    #[serde(rename = "sn", skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<i64>,
    /// With `due`, while the conversation is snoozed: the index of what is due.
    #[serde(rename = "p5", skip_serializing_if = "Option::is_none")]
    pub due_partition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    #[serde(rename = "tg", default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// JSON text, because DynamoDB maps have other limits for numbers and strings.
    #[serde(rename = "m", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    /// Whether the metadata is a separate item.
    #[serde(rename = "lm", default, skip_serializing_if = "std::ops::Not::not")]
    pub large_metadata: bool,
    #[serde(rename = "mc")]
    pub message_count: u64,
    #[serde(rename = "u")]
    pub unread_count: u64,
    #[serde(rename = "r", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    pub read_up_to: Option<MessageId>,
    #[serde(rename = "w")]
    pub awaiting_reply: bool,
    /// For filter expressions, which cannot parse it from the key.
    #[serde(rename = "ca")]
    pub created_at: i64,
    #[serde(rename = "ua")]
    pub updated_at: i64,
    #[serde(rename = "fr", skip_serializing_if = "Option::is_none")]
    pub first_response_at: Option<i64>,
    #[serde(rename = "cl", skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<i64>,
    #[serde(rename = "lc", skip_serializing_if = "Option::is_none")]
    pub last_customer_reply_at: Option<i64>,
    #[serde(rename = "ik", default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    #[serde(rename = "ac", default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Where metadata is stored.
pub(super) enum MetadataStorage<'a> {
    /// Not stored, because it is empty.
    None,
    /// In the conversation's own item.
    Inline(&'a str),
    /// In a separate item.
    Separate(&'a str),
}

/// Returns where metadata is stored.
pub(super) fn metadata_storage(metadata: &Metadata) -> MetadataStorage<'_> {
    match metadata.json() {
        _ if metadata.is_empty() => MetadataStorage::None,
        json if json.len() <= INLINE_METADATA => MetadataStorage::Inline(json),
        json => MetadataStorage::Separate(json),
    }
}

/// The item that holds a conversation's large metadata.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DetailItem {
    pub metadata: String,
}

/// A conversation as its own item has it: without large metadata.
#[derive(Debug, Clone)]
pub(crate) struct StoredConversation {
    pub conversation: Conversation,
    pub lacks_metadata: bool,
}

impl StoredConversation {
    /// Converts an item. Returns `None` for a conversation that is being deleted.
    pub fn read(item: Item) -> Result<Option<Self>, StoreError> {
        if item.contains_key(attributes::DELETED_AT) {
            return Ok(None);
        }
        let id = string(&item, "pk")
            .and_then(conversation_of)
            .ok_or_else(|| StoreError::Internal("a conversation's key cannot be read".to_owned()))?;
        let item: ConversationItem = item::read(item)?;
        let lacks_metadata = item.large_metadata;
        Ok(Some(Self { conversation: item.into_conversation(id)?, lacks_metadata }))
    }
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Internal(format!("stored metadata cannot be read: {error}"))
}

impl ConversationItem {
    fn into_conversation(self, id: ConversationId) -> Result<Conversation, StoreError> {
        let metadata = match &self.metadata {
            Some(json) => Metadata::from_long_json(json).map_err(corrupt)?,
            None => Metadata::default(),
        };
        Ok(Conversation {
            id,
            number: self.number,
            source: self.source,
            status: self.status,
            resolution: self.resolution,
            escalated: self.escalated,
            priority: self.priority,
            subject: self.subject,
            newest_reply: self.preview_message_id.zip(self.preview).map(|(id, preview)| NewestReply { id, preview }),
            customer: self.customer.into(),
            external_id: self.external_id,
            session_key: self.session_key,
            placement: Placement {
                inbox_id: self.inbox_id,
                assignee_id: self.assignee_id,
                assistant_id: self.assistant_id,
                pipeline_id: self.pipeline_id,
                stage_id: self.stage_id,
            },
            snoozed_until: self.snoozed_until.map(Timestamp::from_millis),
            tags: self.tags,
            metadata,
            message_count: self.message_count,
            unread_count: self.unread_count,
            read_up_to: self.read_up_to,
            awaiting_reply: self.awaiting_reply,
            last_customer_reply_at: self.last_customer_reply_at.map(Timestamp::from_millis),
            activity: self.activity,
            newest_message_id: self.order_mark,
            updated_at: Timestamp::from_millis(self.updated_at),
            first_response_at: self.first_response_at.map(Timestamp::from_millis),
            closed_at: self.closed_at.map(Timestamp::from_millis),
            version: self.version,
        })
    }
}

impl DetailItem {
    /// Converts an item to the metadata that it holds.
    pub fn read(item: Item) -> Result<Metadata, StoreError> {
        let detail: Self = item::read(item)?;
        Metadata::from_long_json(&detail.metadata).map_err(corrupt)
    }
}

impl TenantStore {
    /// Adds large metadata, with one more read.
    pub(super) async fn complete(&self, found: StoredConversation) -> Result<Conversation, StoreError> {
        let mut conversation = found.conversation;
        if found.lacks_metadata
            && let Some(detail) = self.get(self.keys().conversation_detail(conversation.id)).await?
        {
            conversation.metadata = DetailItem::read(detail)?;
        }
        Ok(conversation)
    }
}
