//! The table: its keys, its items, and one function for each access pattern.
//!
//! One DynamoDB table holds everything. `ACCESS_PATTERNS.md` beside this crate's manifest lists the questions that it
//! answers, by number, with what each costs; functions here name the number they implement.
//!
//! [`TenantStore`] is the only way to a workspace's items. It is got for a key that was looked up, so that code which
//! forgets the tenant does not compile.

mod api_key;
mod automation;
mod backoff;
mod batch;
mod bucket;
mod bulk;
mod collection;
mod conversation;
mod counter;
mod customer;
mod error;
mod expression;
mod file;
mod idempotency;
mod identity;
mod item;
mod jobs;
mod keys;
mod message;
mod number;
mod operator;
mod own;
mod rate;
mod store;
mod table;
mod transaction;
mod worker;
mod workspace;

pub use api_key::{Credential, KeyPage, KeyPatch, KeyRequest, NewKey};
pub use automation::{ExecutionJob, ExecutionPage, Taken};
pub use bucket::{Bucket, BucketSettings, Download, Upload};
pub use bulk::{BulkActionPage, BulkStep};
pub use collection::{Directory, DirectoryEntry, ResourcePage, SortedPage, SortedPlace};
pub use conversation::{ConversationPage, Deletion, Position, Purge};
pub use counter::{Counted, Counts};
pub use customer::{CustomerPage, Refreshed, Upsert, Upserted};
pub use error::StoreError;
pub use file::FileChange;
pub use idempotency::{Answer, Once, Repeat};
pub use jobs::OpenJob;
pub use message::{MessagePage, Posted, Thread};
pub use operator::Operator;
pub use own::CustomerStore;
pub use rate::{Allowance, RateBucket};
pub use store::{Store, TenantStore};
pub use table::TableDefinition;
pub use worker::{BulkJob, Changed, ConversationChange, CustomerChange, Image, Job, Worker};
pub use workspace::Workspace;
