//! Customers and the claims on their emails: AP-21 to AP-25 and AP-45 to AP-47.

mod change;
mod copies;
mod email;
mod erase;
mod get;
mod item;
mod list;
mod refresh;
mod write;

pub(crate) use change::event;
pub use copies::{CustomerCopies, CustomerToCopy};
pub use email::{EmailChange, EmailClaim, EmailHolder};
pub(crate) use item::{CUSTOMER_ID, CustomerAttributes, is_erasing, read, version};
pub use list::CustomerPage;
pub use refresh::KnownCustomer;
pub use write::WrittenCustomer;
