//! Customers: their records, and who has claimed which email.

mod change;
mod copies;
mod erase;
mod get;
mod item;
mod list;
mod refresh;
mod update;
mod upsert;
mod write;

pub use change::CustomerChange;
pub use copies::Refreshed;
pub(crate) use item::CustomerAttributes;
pub use list::CustomerPage;
pub use refresh::KnownCustomer;
pub use upsert::{Upsert, Upserted};
