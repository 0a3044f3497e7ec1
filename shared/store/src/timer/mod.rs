//! What is due at a time: two attributes that put an item into the fifth index, and the reader of that index.
//!
//! An item has them only while something is due, so the index has only such items. Whoever handles an item that is due writes it so
//! that it no longer is. An item that nobody has written stays due, and the next sweep finds it again.

mod list;
mod write;

use deskless_domain::{ConversationId, Timestamp, WorkspaceId};

pub use list::{DueFeed, DuePage, DuePosition};
pub(crate) use write::{clear_due, set_due};

use crate::DeliveryTarget;

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Due {
    /// The end of a conversation's snooze.
    Snooze(ConversationId),
    /// A delivery.
    Delivery(DeliveryTarget),
}

/// An item that is due.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DueItem {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What is due.
    pub due: Due,
    /// Since when.
    pub at: Timestamp,
}
