//! The event log: AP-170 to AP-176.
//!
//! One append writes one *segment*, which names its events in order, and one *entry* for each event, in one transaction. The newest
//! segment gives the next sequence. Two writers cannot both put the next segment, so the log has no gaps. Two deliveries of a change
//! cannot both put its entry, so the log has each event once.

mod append;
mod changes;
mod entry;
mod follow;
mod get;
mod known;
mod list;
mod position;
mod redact;
mod segment;
mod source;

pub use append::NewEvent;
pub use changes::{ConversationToLog, CustomerToLog, LogChange, MessageChange, MessageToLog};
pub(crate) use changes::{read as read_change, workspace_of};
pub(crate) use follow::{AUTOMATIONS, ENDPOINTS, LOGGED_SINCE};
pub use follow::{Followers, Stamp};
pub use list::EventPage;
pub use source::{EventSource, EventSubject};

use deskless_domain::Timestamp;

/// How long an event is kept: 30 days.
pub const EVENTS_KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;
/// How long a segment is kept: 60 days. The newest one gives the next sequence, also after a month without events.
const SEGMENT_KEPT_SECONDS: i64 = 2 * EVENTS_KEPT_SECONDS;
/// The maximum number of events in a segment: with the segment, and the stamp of the first one, they are one transaction.
const MOST_IN_SEGMENT: usize = 98;

/// Returns when an event that was appended at this time expires, in seconds.
fn expiry(appended: Timestamp) -> i64 {
    appended.plus_seconds(EVENTS_KEPT_SECONDS).as_seconds()
}
