use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteReplies};
use deskless_app::resources;
use deskless_domain::{PredefinedMessage, PredefinedMessageId};

/// Delete a predefined message
///
/// Messages that were created with it do not change. This cannot be undone.
#[utoipa::path(
    delete,
    path = "/api/v1/predefined-messages/{predefinedMessageId}",
    tag = "Predefined messages",
    params(("predefinedMessageId" = String, Path, format = "uuid", description = "The predefined message's id")),
    responses((status = 204, description = "The predefined message is deleted")),
)]
pub async fn delete_predefined_message(
    caller: Caller<WriteReplies>,
    ApiPath(id): ApiPath<PredefinedMessageId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    resources::delete::<PredefinedMessage>(caller.store(), id, &precondition).await?;
    Ok(no_content())
}
