//! The event log: what is written to it, and its feed.

mod draft;
mod feed;
mod of_conversation;
mod of_others;
mod record;

pub use draft::{ChangedField, DraftEvent, EventData};
pub use feed::{FeedPage, FeedStart, ReadFeed, read_feed};
pub use record::{Render, Rendered, record};

use deskless_store::{Stamp, TenantStore};

use crate::AppError;

/// AP-88: Reads who follows the events of a workspace, and the stamp of its automations, once for each batch of changes.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn stamp(store: &TenantStore) -> Result<Stamp, AppError> {
    Ok(store.stamp().await?)
}
