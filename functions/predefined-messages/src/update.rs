use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, Given, IfMatch, InvalidRequest, NoParameters, Patch, Reply, ok,
    scope::WriteReplies,
};
use deskless_domain::{Edit, FileId, PredefinedMessage, PredefinedMessageId, PredefinedMessageType, Template, Title};
use utoipa::ToSchema;

use crate::{dto::PredefinedMessageResponse, file};

/// What to change. A field that is left out stays as it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdatePredefinedMessageRequest {
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    title: Given<Title>,
    #[deserr(default)]
    #[schema(value_type = Template, required = false)]
    content: Given<Template>,
    #[deserr(default)]
    #[schema(value_type = PredefinedMessageType, required = false)]
    message_type: Given<PredefinedMessageType>,
    #[deserr(default)]
    #[schema(value_type = Option<FileId>, required = false)]
    file_id: Given<Option<FileId>>,
}

/// Change a predefined message
///
/// What was said with it before stays as it was said.
#[utoipa::path(
    patch,
    path = "/api/v1/predefined-messages/{predefinedMessageId}",
    tag = "Predefined messages",
    params(("predefinedMessageId" = String, Path, format = "uuid", description = "Its id")),
    request_body = UpdatePredefinedMessageRequest,
    responses(
        (status = 200, description = "It as it is now", body = PredefinedMessageResponse, headers(
            ("ETag" = String, description = "Its version"),
        )),
    ),
)]
pub async fn update_predefined_message(
    caller: Caller<WriteReplies>,
    ApiPath(id): ApiPath<PredefinedMessageId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<UpdatePredefinedMessageRequest>>,
) -> Reply {
    let store = caller.store();
    let file = match request.file_id.0 {
        Some(Some(id)) => Edit::Set(file::chosen(store, id).await?),
        Some(None) => Edit::Clear,
        None => Edit::Keep,
    };
    let change = |mut message: PredefinedMessage| {
        if let Some(title) = request.title.0.clone() {
            message = message.retitled(title, store.clock().now());
        }
        file.apply(&mut message.file);
        PredefinedMessage {
            content: request.content.0.clone().unwrap_or(message.content),
            message_type: request.message_type.0.unwrap_or(message.message_type),
            ..message
        }
        .checked()
    };
    let resource = store.update_resource(id, expected, change).await?;
    ok(Some(resource.version), &PredefinedMessageResponse::from(&resource))
}
