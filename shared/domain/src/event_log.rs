//! The event log: the changes in a workspace, in one order, for programs outside.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    AutomationId, BulkActionId, ConversationId, Invalid, KeyId, Timestamp, WorkspaceId, vocabulary::string_enum,
};

string_enum! {
    /// The type of an event. `webhook_endpoint.test` is a test of an endpoint, which is not in the log.
    EventType {
        ConversationCreated = "conversation.created",
        ConversationUpdated = "conversation.updated",
        ConversationDeleted = "conversation.deleted",
        MessageCreated = "message.created",
        MessageUpdated = "message.updated",
        MessageDeleted = "message.deleted",
        CustomerCreated = "customer.created",
        CustomerUpdated = "customer.updated",
        CustomerErased = "customer.erased",
        BulkActionFinished = "bulk_action.finished",
        AutomationRunFailed = "automation.run.failed",
        FileReady = "file.ready",
        WebhookEndpointDisabled = "webhook_endpoint.disabled",
        WebhookEndpointTest = "webhook_endpoint.test",
    }
}

impl EventType {
    /// Returns whether events of this type are in the log.
    #[must_use]
    pub const fn is_logged(self) -> bool {
        !matches!(self, Self::WebhookEndpointTest)
    }

    /// Returns the type, of which a filter can select events.
    ///
    /// # Errors
    /// When there are no such events in the log, so that the filter would match nothing.
    pub fn in_filter(self) -> Result<Self, Invalid> {
        if self.is_logged() {
            return Ok(self);
        }
        Err(Invalid::new("invalid", format!("must not have `{self}`, which is sent on request and is not in the log")))
    }
}

string_enum! {
    /// The type of who caused an event. `customer` is a caller with a client key, `operator` the `deskless` command, `system` Deskless
    /// itself, such as at the end of a snooze.
    EventActorType {
        ApiKey = "api_key",
        Automation = "automation",
        BulkAction = "bulk_action",
        Customer = "customer",
        Operator = "operator",
        System = "system",
    }
}

/// Who caused an event. A customer is not named, so that nothing has to be erased here: `data` says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventActor {
    /// The holder of a server key.
    ApiKey(KeyId),
    /// An automation.
    Automation(AutomationId),
    /// A bulk action.
    BulkAction(BulkActionId),
    /// A customer, through a client key.
    Customer,
    /// The `deskless` command.
    Operator,
    /// Deskless itself.
    System,
}

impl EventActor {
    /// Returns the type.
    #[must_use]
    pub const fn actor_type(self) -> EventActorType {
        match self {
            Self::ApiKey(_) => EventActorType::ApiKey,
            Self::Automation(_) => EventActorType::Automation,
            Self::BulkAction(_) => EventActorType::BulkAction,
            Self::Customer => EventActorType::Customer,
            Self::Operator => EventActorType::Operator,
            Self::System => EventActorType::System,
        }
    }

    /// Returns the id of the key, the automation or the bulk action.
    #[must_use]
    pub fn id(self) -> Option<String> {
        match self {
            Self::ApiKey(id) => Some(id.to_string()),
            Self::Automation(id) => Some(id.to_string()),
            Self::BulkAction(id) => Some(id.to_string()),
            Self::Customer | Self::Operator | Self::System => None,
        }
    }
}

/// The id of an event: a version 8 UUID (RFC 9562, section 5.8) of 60 bits of a digest of the workspace's id and 62 bits of the sequence.
///
/// So an id is also a position in the log, and one of another workspace is recognized without reading anything.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct EventId(Uuid);

const SEQUENCE_BITS: u128 = (1 << 62) - 1;
const VERSION_AND_VARIANT: u128 = (0x8 << 76) | (0b10 << 62);
const TAG_BITS: u128 = !(SEQUENCE_BITS | (0xf << 76) | (0b11 << 62));

impl EventId {
    /// The highest sequence of an event in a log: 2^53 - 1, which JSON numbers can have.
    pub const MAX_SEQUENCE: u64 = (1 << 53) - 1;
    /// The ids of tests have this bit of the sequence, which no event of a log has.
    pub const FIRST_TEST: u64 = 1 << 61;

    /// Returns the id of the event with this sequence. The sequence 0 stands for the position before the first event.
    #[must_use]
    pub fn new(workspace: WorkspaceId, sequence: u64) -> Self {
        Self(Uuid::from_u128(tag(workspace) | VERSION_AND_VARIANT | (u128::from(sequence) & SEQUENCE_BITS)))
    }

    /// Parses the hyphenated form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 36).then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
    }

    /// Returns the sequence, whichever workspace the id belongs to.
    #[must_use]
    pub fn position(self) -> u64 {
        u64::try_from(self.0.as_u128() & SEQUENCE_BITS).unwrap_or_default()
    }

    /// Returns the sequence; `None` if the id is not one of this workspace's events. Ids of tests are not, because tests are in no log.
    #[must_use]
    pub fn sequence_in(self, workspace: WorkspaceId) -> Option<u64> {
        let sequence = self.position();
        (Self::new(workspace, sequence) == self && sequence <= Self::MAX_SEQUENCE).then_some(sequence)
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Returns the part of the ids of a workspace's events that is the same for all of them.
fn tag(workspace: WorkspaceId) -> u128 {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(workspace.as_bytes())[..16]);
    u128::from_be_bytes(bytes) & TAG_BITS
}

/// An event without its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventContent {
    /// The type.
    pub event_type: EventType,
    /// The time of the change.
    pub occurred_at: Timestamp,
    /// Who caused it.
    pub actor: EventActor,
    /// The conversation, if the event belongs to one.
    pub conversation_id: Option<ConversationId>,
    /// The names of the object's fields that have changed. Empty unless an object was updated.
    pub changed_fields: Vec<String>,
    /// The names of the object's fields that are too long for an event. `data` has none of them, or the beginning.
    pub omitted_fields: Vec<String>,
    /// The object at the time of the change, as JSON in the API's shape. `None` after what it is about was deleted or erased.
    pub data: Option<String>,
}

/// An event in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The id.
    pub id: EventId,
    /// The place in the workspace's log: 1, 2, 3 and so on, without gaps.
    pub sequence: u64,
    /// What keeps it in order, as the log names it. It has no personal data, and stays when the data is removed.
    pub subject: String,
    /// What it says.
    pub content: EventContent,
}

/// Which events of a log are wanted. The default is all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Events of these types. Empty for all types.
    pub types: Vec<EventType>,
    /// Events of this conversation.
    pub conversation_id: Option<ConversationId>,
}

impl EventFilter {
    /// Returns whether the filter matches an event of this type and conversation.
    #[must_use]
    pub fn matches(&self, event_type: EventType, conversation_id: Option<ConversationId>) -> bool {
        (self.types.is_empty() || self.types.contains(&event_type))
            && self.conversation_id.is_none_or(|wanted| conversation_id == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::EventId;
    use crate::WorkspaceId;

    fn workspace(last: &str) -> WorkspaceId {
        WorkspaceId::parse(&format!("01890a5d-ac96-774b-bcce-b302099a80{last}")).expect("an id")
    }

    #[test]
    fn id_is_a_position_in_the_log_of_its_workspace_only() {
        for sequence in [0, 1, 77, EventId::MAX_SEQUENCE] {
            let id = EventId::new(workspace("57"), sequence);
            assert_eq!(EventId::parse(&id.to_string()), Some(id));
            assert_eq!(id.sequence_in(workspace("57")), Some(sequence));
            assert_eq!(id.sequence_in(workspace("58")), None);
        }
        for sequence in [EventId::MAX_SEQUENCE + 1, EventId::FIRST_TEST, EventId::FIRST_TEST | 7, (1 << 62) - 1] {
            assert_eq!(EventId::new(workspace("57"), sequence).sequence_in(workspace("57")), None);
        }
        let other = EventId::parse("01890a5d-ac96-774b-bcce-b302099a8057").expect("a UUID");
        assert_eq!(other.sequence_in(workspace("57")), None);
    }
}
