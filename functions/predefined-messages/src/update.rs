use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Optional, Patch, Reply, ok,
    scope::WriteReplies,
};
use deskless_app::predefined_messages::{self, UpdatePredefinedMessage};
use deskless_domain::{FileId, PredefinedMessageId, PredefinedMessageType, Template, Title};
use utoipa::ToSchema;

use crate::dto::PredefinedMessageResponse;

/// An update of a predefined message. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdatePredefinedMessageRequest {
    /// The title.
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    title: Optional<Title>,
    /// The text, with variables such as `{{customer.name}}`.
    #[deserr(default)]
    #[schema(value_type = Template, required = false)]
    content: Optional<Template>,
    /// Must match the file's type.
    #[deserr(default)]
    #[schema(value_type = PredefinedMessageType, required = false)]
    message_type: Optional<PredefinedMessageType>,
    /// A registered file of the workspace to attach. `null` removes it.
    #[deserr(default)]
    #[schema(value_type = Option<FileId>, required = false)]
    file_id: Optional<Option<FileId>>,
}

/// Update a predefined message
///
/// Updates the fields that you send. Messages that were created with it do not change.
#[utoipa::path(
    patch,
    path = "/api/v1/predefined-messages/{predefinedMessageId}",
    tag = "Predefined messages",
    params(("predefinedMessageId" = String, Path, format = "uuid", description = "The predefined message's id")),
    request_body = UpdatePredefinedMessageRequest,
    responses(
        (status = 200, description = "The updated predefined message", body = PredefinedMessageResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn update_predefined_message(
    caller: Caller<WriteReplies>,
    ApiPath(id): ApiPath<PredefinedMessageId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<UpdatePredefinedMessageRequest>>,
) -> Reply {
    let update = UpdatePredefinedMessage {
        title: request.title.0,
        content: request.content.0,
        message_type: request.message_type.0,
        file: request.file_id.change(),
    };
    let resource = predefined_messages::update(caller.store(), id, update, &precondition).await?;
    ok(resource.version, &PredefinedMessageResponse::from(&resource))
}
