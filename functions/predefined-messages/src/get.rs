use deskless_api::{ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, ok, scope::ReadReplies};
use deskless_app::resources;
use deskless_domain::{PredefinedMessage, PredefinedMessageId};

use crate::dto::PredefinedMessageResponse;

/// Retrieve a predefined message
///
/// Returns the predefined message with its variables. Render it to fill them in.
#[utoipa::path(
    get,
    path = "/api/v1/predefined-messages/{predefinedMessageId}",
    tag = "Predefined messages",
    params(("predefinedMessageId" = String, Path, format = "uuid", description = "The predefined message's id")),
    responses(
        (status = 200, description = "The predefined message", body = PredefinedMessageResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_predefined_message(
    caller: Caller<ReadReplies>,
    ApiPath(id): ApiPath<PredefinedMessageId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let resource = resources::get::<PredefinedMessage>(caller.store(), id).await?;
    ok(resource.version, &PredefinedMessageResponse::from(&resource))
}
