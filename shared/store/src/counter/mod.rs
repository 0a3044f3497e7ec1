//! Counters of conversations by status, for each pair of assignee and inbox. Updated from the table's stream.
//!
//! Stream records are delivered at least once and can be stale. Two kinds of items make each change count exactly once,
//! without a transaction:
//!
//! - Each conversation has a *counted state*: the version that was last counted, and as what ([`state`]).
//! - Each *cell* counts the conversations of one assignee in one inbox. It also lists the latest changes that it includes,
//!   because their counted state may not be written yet ([`cell`]).
//!
//! A change updates the cells first and the counted state last ([`count`]). A worker that stops in between leaves the change
//! in the cells' lists, so the record's next delivery counts nothing twice. Neither item is a conversation's own item, so
//! counting never conflicts with a message.

mod cell;
mod count;
mod read;
mod recount;
mod state;

pub use count::ConversationToCount;
pub use read::{CountFilter, Counts};
pub use recount::{Recount, RecountStep};
