//! Small collections: AP-16 to AP-20 and AP-80. Each kind of resource is one partition of a workspace.

mod claim;
mod create;
mod directory;
mod get;
mod item;
mod list;
mod sorted;
mod update;

pub(crate) use directory::{CACHED, Names};
pub use directory::{Directory, DirectoryEntry, PlacementNames};
pub(crate) use item::read as read_resource;
pub use list::ResourcePage;
pub use sorted::{SortedPage, SortedPosition};
