//! Conversations.

mod assign;
mod create;
mod custom_attributes;
mod delete;
mod filter;
mod labels;
mod list;
mod meta;
mod show;
mod toggle_priority;
mod toggle_status;
mod totals;
mod update;

use deskless_app::conversations::ConversationView;
use deskless_domain::Timestamp;

use super::{dto::ConversationObject, path::AccountId};

pub use assign::assign;
pub use create::{create, subject_of};
pub use custom_attributes::custom_attributes;
pub use delete::delete;
pub use filter::filter;
pub use labels::{add_labels, list_labels};
pub use list::list;
pub use meta::meta;
pub use show::show;
pub use toggle_priority::toggle_priority;
pub use toggle_status::toggle_status;
pub use update::update;

/// Returns the service's objects of conversations.
pub fn objects(
    views: impl Iterator<Item = ConversationView>,
    account: &AccountId,
    now: Timestamp,
) -> Vec<ConversationObject> {
    views.map(|view| ConversationObject::new(&view, account, now)).collect()
}
