//! Small collections: what conversations refer to, and saved views. Each is one partition of a workspace.

mod create;
mod delete;
mod directory;
mod filter;
mod get;
mod item;
mod list;
mod predefined;
mod sorted;
mod update;

pub(crate) use directory::{CACHED, Names};
pub use directory::{Directory, DirectoryEntry};
pub use list::ResourcePage;
pub(crate) use predefined::body as predefined_body;
pub use sorted::{SortedPage, SortedPlace};
