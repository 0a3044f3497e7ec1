//! Messages: what is said in a thread.

mod create;
mod dto;
mod get;
mod list;

use deskless_api::ApiState;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this group.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list::list_messages, create::create_message)).routes(routes!(get::get_message))
}
