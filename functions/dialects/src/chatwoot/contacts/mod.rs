//! Contacts: our customers.

mod contact_inboxes;
mod contactable_inboxes;
mod conversations;
mod create;
mod delete;
mod filter;
mod list;
mod page;
mod search;
mod show;
mod update;

pub use contact_inboxes::contact_inboxes;
pub use contactable_inboxes::contactable_inboxes;
pub use conversations::conversations;
pub use create::{CreateContact, create};
pub use delete::delete;
pub use filter::filter;
pub use list::list;
pub use search::search;
pub use show::show;
pub use update::{UpdateContact, update};
