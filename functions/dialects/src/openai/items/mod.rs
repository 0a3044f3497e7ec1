//! Items: create, list, retrieve, delete.

mod create;
mod delete;
mod find;
mod list;
mod retried;
mod retrieve;

pub use create::create;
pub use delete::delete;
pub use list::list;
pub use retrieve::retrieve;
