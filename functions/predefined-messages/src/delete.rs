use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteReplies};
use deskless_app::resources;
use deskless_domain::{PredefinedMessage, PredefinedMessageId};

/// Delete a predefined message
///
/// It is gone for good. What was said with it stays.
#[utoipa::path(
    delete,
    path = "/api/v1/predefined-messages/{predefinedMessageId}",
    tag = "Predefined messages",
    params(("predefinedMessageId" = String, Path, format = "uuid", description = "Its id")),
    responses((status = 204, description = "Deleted")),
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
