use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, finish, openapi::BASE,
    scope::WriteReplies, unless_replayed,
};
use deskless_domain::{Author, FileId, PredefinedMessage, PredefinedMessageType, Resource, Template, Title};
use deskless_store::Once;
use utoipa::ToSchema;

use crate::{dto::PredefinedMessageResponse, file};

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
    /// A registered file of the workspace, of the kind that `messageType` says: `document` for those that are neither image,
    /// video nor audio.
    #[deserr(default)]
    file_id: Option<FileId>,
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
    let store = caller.store();
    let file = match request.file_id {
        // An earlier answer goes before a file that was deleted since.
        Some(id) => match unless_replayed(store.replay(repeat.as_ref()), file::chosen(store, id)).await? {
            Once::Done(file) => Some(file),
            Once::Replayed(earlier) => return finish(Once::Replayed(earlier), answer),
        },
        None => None,
    };
    let key = caller.credential();
    let fields = PredefinedMessage {
        title: request.title,
        content: request.content,
        message_type: request.message_type,
        file,
        created_by: Author { id: key.id, name: key.name.clone() },
        retitled_at: None,
    };
    let fields = fields.checked().map_err(InvalidRequest::from)?;
    let outcome = store.create_resource(fields, repeat).await?;
    finish(outcome, answer)
}
