//! The domain of Deskless: values, rules and state transitions.
//!
//! A value is always valid: its fields are private, and `parse` is the only way to create one. This crate does not depend on
//! HTTP, AWS or an async runtime. ([`provider`] describes requests to other services, as data.) Time and randomness come from
//! a [`Clock`] that is passed in.

mod action;
mod audit;
pub mod authorization;
mod bulk;
mod cause;
mod characters;
mod clock;
mod collection;
mod content_type;
mod conversation;
mod customer;
mod delivery;
mod email;
mod error;
mod event;
mod event_log;
mod execution;
mod existing;
mod field_change;
mod file;
mod filter;
#[cfg(test)]
mod fixtures;
mod id;
mod identity;
mod key;
mod message;
mod message_body;
mod message_content;
mod metadata;
mod offset;
mod placement;
mod precondition;
mod preview;
pub mod provider;
mod rate;
mod stored_secret;
mod suggestion;
mod tags;
mod template;
mod text;
mod timestamp;
mod upload_quota;
mod vocabulary;
mod webhook;

pub use action::{Action, Decision, Effect, TagChange};
pub use audit::{
    AuditAction, AuditActor, AuditActorType, AuditEntry, AuditEvent, AuditFilter, AuditObjectType, ResourceEvent,
};
pub use bulk::{
    BulkAction, BulkBatch, BulkFailure, BulkJob, BulkRest, BulkResults, BulkSelection, BulkTarget, ConversationIds,
    DryRun, ListPass, NewBulkAction,
};
pub use cause::Cause;
pub use clock::Clock;
pub use collection::{
    Assistant, Author, Automation, AutomationAction, AutomationActions, AutomationPosition, Collected, DisabledReason,
    EventTypes, Inbox, InboxSettings, Kind, Member, Pipeline, PredefinedFile, PredefinedMessage, ProviderSecret,
    Resource, Stage, StageDraft, TriggerRule, UndeliveredReason, View, WebhookEndpoint,
};
pub use content_type::ContentType;
pub use conversation::{
    Assign, Conversation, ConversationPatch, CountChange, CountedAs, MessageOrigin, NewConversation, NewestReply,
    NotSolved, ReadMark, ReadUpTo, Resolved, StatusChange, Transition,
};
pub use customer::{Customer, CustomerDetails, CustomerId, CustomerRecord, Erasure};
pub use delivery::{AfterFailure, Attempt, DeliveryState, DeliverySubject, Hold, Outage, UndeliveredEvent};
pub use email::Email;
pub use error::{Field, Invalid, InvalidField};
pub use event::{
    ConversationChange, ConversationEvent, ConversationField, ConversationState, CustomerEvent, LiveConversation,
};
pub use event_log::{EventActor, EventActorType, EventContent, EventFilter, EventId, EventType, LoggedEvent};
pub use execution::{Execution, Reason, RetryResult, Step};
pub use existing::Existing;
pub use field_change::FieldChange;
pub use file::{Attachment, File, FileDraft, FileSize, FileTitle};
pub use filter::{Assigned, ConversationFilter, ResolvedFilter};
pub use id::{
    AssistantId, AttemptId, AuditEntryId, AutomationId, BulkActionId, ContentId, ConversationId, DataKeyId,
    ExecutionId, FileId, Identifier, InboxId, KeyId, MemberId, MessageId, PipelineId, PredefinedMessageId, RequestId,
    SecretId, StageId, ViewId, WebhookEndpointId, WorkspaceId,
};
pub use identity::{Identity, IdentitySecret};
pub use key::{ApiKey, ApiKeySecret, Origin, SecretHash, Shards};
pub use message::{Message, MessageDraft, MessageReport, NotDelivered, Sender};
pub use message_body::{BodyLimit, MessageBody};
pub use message_content::MessageContent;
pub use metadata::Metadata;
pub use offset::{Offset, OffsetPage, Total};
pub use placement::{Placement, PlacementPatch};
pub use precondition::{Precondition, VersionMismatch};
pub use rate::RateLimit;
pub use stored_secret::{Sealed, StoredSecret};
pub use suggestion::nearest;
pub use tags::Tags;
pub use template::{Rendered, Template, TemplateNames};
pub use text::{
    CompanyName, DeletionReason, Description, ExternalId, PersonName, PhoneNumber, Priority, SessionKey, Subject, Tag,
    Title,
};
pub use timestamp::Timestamp;
pub use upload_quota::UploadQuota;
pub use vocabulary::{
    ActionFailure, AutomationTrigger, BulkStatus, Channel, ConversationSort, DeliveryStatus, ExecutionStatus,
    FileCategory, FileStatus, IdentitySource, KeyKind, MediaType, MemberRole, MessageType, Order,
    PredefinedMessageType, Provider, Resolution, Role, Scope, SmsEncoding, Source, Status, StepStatus,
    TemplateVariable,
};
pub use webhook::{AttemptOutcome, Reach, RetrySchedule, WebhookHeaders, WebhookSecret, WebhookUrl};
