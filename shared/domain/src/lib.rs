//! What Deskless is about, without saying how it is stored or served.
//!
//! Values here can only hold what is allowed: private fields, one `parse` each. Nothing in this crate knows how we are
//! served, AWS or an async runtime ([`provider`] writes others' requests, as data), and time and randomness come in
//! through [`Clock`].

mod clock;
mod conversation;
mod customer;
mod error;
mod id;
mod key;
mod message;
mod metadata;
pub mod provider;
mod tags;
mod text;
mod timestamp;
mod vocabulary;

pub use clock::Clock;
pub use conversation::{Change, Conversation, ConversationPatch, NewConversation, Resolved};
pub use customer::{Customer, CustomerDetails, CustomerId, Email};
pub use error::Invalid;
pub use id::{
    AssistantId, AttemptId, ConversationId, InboxId, KeyId, MemberId, MessageId, PipelineId, RequestId, StageId,
    ViewId, WorkspaceId,
};
pub use key::{ApiKey, ApiKeySecret, Origin, SecretHash, Shards};
pub use message::{Message, MessageDraft, MessageReport, Sender};
pub use metadata::Metadata;
pub use tags::Tags;
pub use text::{
    CompanyName, ExternalId, MessageBody, PersonName, PhoneNumber, Priority, SessionKey, Subject, Tag, Title,
};
pub use timestamp::Timestamp;
pub use vocabulary::{
    Channel, DeliveryStatus, IdentitySource, KeyKind, MediaType, MessageType, Order, Provider, Resolution, Role, Scope,
    SmsEncoding, Source, Status,
};
