//! Conversations: threads with a customer.

mod create;
mod dto;
mod get;
mod list;
mod update;

use deskless_api::ApiState;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this group.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_conversations, create::create_conversation))
        .routes(routes!(get::get_conversation, update::update_conversation))
}
