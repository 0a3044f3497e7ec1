//! What Deskless is about, without saying how it is stored or served.
//!
//! Values here can only hold what is allowed: private fields, one `parse` each. Nothing in this crate
//! knows HTTP, AWS or an async runtime, and time and randomness come in through [`Clock`].

mod clock;
mod conversation;
mod customer;
mod error;
mod id;
mod identity;
mod key;
mod message;
mod metadata;
mod rate;
mod tags;
mod text;
mod timestamp;
mod vocabulary;

pub use clock::Clock;
pub use conversation::{Change, Conversation, ConversationPatch, NewConversation, Resolved};
pub use customer::{Customer, CustomerDetails, CustomerId, Email};
pub use error::Invalid;
pub use id::{
    AssistantId, AttemptId, ConversationId, InboxId, KeyId, MemberId, MessageId, PipelineId, RequestId, SecretId,
    StageId, ViewId, WorkspaceId,
};
pub use identity::{Identity, IdentitySecret};
pub use key::{ApiKey, ApiKeySecret, Origin, SecretHash, Shards};
pub use message::{Message, MessageDraft, Sender};
pub use metadata::Metadata;
pub use rate::RateLimit;
pub use tags::Tags;
pub use text::{
    CompanyName, ExternalId, MessageBody, PersonName, PhoneNumber, Priority, SessionKey, Subject, Tag, Title,
};
pub use timestamp::Timestamp;
pub use vocabulary::{
    Channel, DeliveryStatus, IdentitySource, KeyKind, MessageType, Order, Resolution, Role, Scope, Source, Status,
};
