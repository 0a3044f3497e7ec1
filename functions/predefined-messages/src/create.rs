use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, openapi::BASE, replayed,
    scope::WriteReplies,
};
use deskless_app::predefined_messages::{self, CreatePredefinedMessage};
use deskless_domain::{Author, FileId, PredefinedMessageType, Template, Title};
use utoipa::ToSchema;

use crate::dto::PredefinedMessageResponse;

/// A predefined message to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreatePredefinedMessageRequest {
    /// The title. Lists are sorted by it.
    title: Title,
    /// The text, with variables such as `{{customer.name}}`.
    content: Template,
    /// The default is `text`.
    #[deserr(default = PredefinedMessageType::Text)]
    #[schema(required = false)]
    message_type: PredefinedMessageType,
    /// A registered file of the workspace to attach. Its type must match `messageType`, which is `document` for other types.
    #[deserr(default)]
    file_id: Option<FileId>,
}

/// Create a predefined message
///
/// Saves a reply as a template, whose variables are filled in from a conversation.
#[utoipa::path(
    post,
    path = "/api/v1/predefined-messages",
    tag = "Predefined messages",
    request_body = CreatePredefinedMessageRequest,
    responses(
        (status = 201, description = "The new predefined message", body = PredefinedMessageResponse, headers(
            ("Location" = String, description = "The path of the new resource"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The workspace already has 1,000 predefined messages", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_predefined_message(
    caller: Caller<WriteReplies>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreatePredefinedMessageRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let CreatePredefinedMessageRequest { title, content, message_type, file_id } = request;
    let credential = caller.credential();
    let author = Author { id: credential.id, name: credential.name.clone() };
    let command = CreatePredefinedMessage { title, content, message_type, file: file_id, author };
    let saved = predefined_messages::create(caller.store(), command, key.as_ref()).await?;
    let resource = &saved.outcome;
    let location = format!("{BASE}/predefined-messages/{}", resource.id);
    replayed(saved.is_replay, created(location, resource.version, &PredefinedMessageResponse::from(resource)))
}
