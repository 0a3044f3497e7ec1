use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, finish, openapi::BASE,
    scope::WriteReplies,
};
use deskless_domain::{Author, PredefinedMessage, PredefinedMessageType, Resource, Template, Title};
use utoipa::ToSchema;

use crate::dto::PredefinedMessageResponse;

/// A predefined message to make.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreatePredefinedMessageRequest {
    /// What people look for it by: 1 to 120 characters.
    title: Title,
    content: Template,
    /// `text` unless said otherwise.
    #[deserr(default = PredefinedMessageType::Text)]
    #[schema(required = false)]
    message_type: PredefinedMessageType,
}

/// Create a predefined message
///
/// A variable that is not known is refused, and the error says at which character it stands. A workspace has at most 1,000.
#[utoipa::path(
    post,
    path = "/api/v1/predefined-messages",
    tag = "Predefined messages",
    request_body = CreatePredefinedMessageRequest,
    responses(
        (status = 201, description = "Created", body = PredefinedMessageResponse, headers(
            ("Location" = String, description = "Where it is"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 409, description = "There are too many", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_predefined_message(
    caller: Caller<WriteReplies>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreatePredefinedMessageRequest>,
) -> Reply {
    let answer = |resource: &Resource<PredefinedMessage>| {
        let location = format!("{BASE}/predefined-messages/{}", resource.id);
        created(location, resource.version, &PredefinedMessageResponse::from(resource))
    };
    let (request, repeat) = request.into_parts(&caller, &answer);
    let key = caller.credential();
    let fields = PredefinedMessage {
        title: request.title,
        content: request.content,
        message_type: request.message_type,
        created_by: Author { id: key.id, name: key.name.clone() },
        retitled_at: None,
    };
    let outcome = caller.store().create_resource(fields, repeat).await?;
    finish(outcome, answer)
}
