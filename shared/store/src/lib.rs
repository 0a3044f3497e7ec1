//! The table: its keys, its items, and one function for each access pattern.
//!
//! There is one DynamoDB table. `ACCESS_PATTERNS.md` lists its access patterns with a number and a cost. Functions name the
//! patterns that they implement. Use cases, which combine access patterns, are in `deskless-app`.
//!
//! [`TenantStore`] is the only access to a workspace's items. You get one by authenticating an API key, so code that
//! forgets the tenant does not compile.

mod api_key;
mod audit;
mod automation;
mod backoff;
mod batch;
mod bucket;
mod bulk;
mod cache;
mod changes;
mod collection;
mod condition;
mod content;
mod conversation;
mod counter;
mod customer;
mod customer_store;
mod delivery;
mod error;
mod event_log;
mod expression;
mod failed_record;
mod feed;
mod file;
mod idempotency;
mod identity;
mod item;
mod jobs;
mod keys;
mod log_text;
mod marker;
mod message;
mod newest_first;
mod number;
mod operator;
mod packed;
mod rate;
mod scan;
mod secret;
mod store;
mod table;
mod timer;
mod transaction;
mod webhook_endpoint;
mod work;
mod workspace;

pub use api_key::{Credential, KeyCreation, KeyPage, KeyPatch, KeyRequest, NewKey, StoredKey};
pub use audit::AuditPage;
pub use automation::{CallKey, ExecutionPage, RetriedCall, TriggeredAutomation, TriggeredAutomations};
pub use backoff::Backoff;
pub use bucket::{Bucket, BucketSettings, Download, Upload};
pub use bulk::{BulkActionPage, BulkMarker};
pub use changes::{ChangePage, ChangePosition};
pub use collection::{Directory, DirectoryEntry, PlacementNames, ResourcePage, SortedPage, SortedPosition};
pub use content::ContentChange;
pub use conversation::{
    ConversationPage, ConversationToCreate, CreationPage, Position, RemovalBatch, RemovalQueue, Sort, Tombstone,
};
pub use counter::{ConversationToCount, CountFilter, Counts, Recount, RecountStep};
pub use customer::{
    CustomerCopies, CustomerPage, CustomerToCopy, EmailChange, EmailClaim, EmailHolder, KnownCustomer, WrittenCustomer,
};
pub use customer_store::CustomerStore;
pub use delivery::{
    AttemptPage, AttemptPosition, BeginRun, CHECK_SECONDS, DeliveryRequest, DeliveryRun, DeliveryTarget, EndRun,
    LEASE_SECONDS, NextRun, RunChanges, StartDelivery, UndeliveredPage,
};
pub use error::StoreError;
pub use event_log::{
    ConversationToLog, CustomerToLog, EVENTS_KEPT_SECONDS, EventPage, EventSource, EventSubject, Followers, LogChange,
    MessageChange, MessageToLog, NewEvent, Stamp,
};
pub use failed_record::RecordId;
pub use feed::{Change, ChangeFeed, Changed, DueStep, Image};
pub use file::{FileChange, UploadUrl, UploadedObject};
pub use idempotency::{IdempotencyKey, Once};
pub use jobs::OpenJob;
pub use keys::CustomerKey;
pub use log_text::without_values;
pub use marker::{Marked, Marker};
pub use message::{AddedMessage, MessagePage, RecordedMessage, ReplyCount, Thread, ThreadAt};
pub use operator::{Operator, SecretsMoved, SecretsRotation, ShardChange, WorkspaceDeletion};
pub use rate::{Allowance, RateSubject};
pub use secret::{DATA_KEY_BYTES, DataKeyProvider, NewDataKey, PlainDataKey};
pub use store::{Store, TenantStore};
pub use table::TableDefinition;
pub use timer::{Due, DueFeed, DueItem, DuePage, DuePosition};
pub use work::Work;
pub use workspace::Workspace;
