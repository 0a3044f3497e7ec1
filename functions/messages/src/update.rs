use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Optional, Problem, Reply, ok,
    scope::WriteConversations,
};
use deskless_app::messages;
use deskless_domain::{ConversationId, DeliveryStatus, ExternalId, Invalid, MessageId, MessageReport};
use utoipa::ToSchema;

use crate::dto::MessageResponse;

/// A provider's report about a message. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateMessageRequest {
    /// Only for an assistant's reply. It never moves backwards: a late report has no effect.
    #[deserr(default)]
    #[schema(value_type = DeliveryStatus, required = false)]
    delivery_status: Optional<DeliveryStatus>,
    /// Unique in the conversation.
    #[deserr(default)]
    #[schema(value_type = ExternalId, required = false)]
    external_id: Optional<ExternalId>,
}

impl TryFrom<UpdateMessageRequest> for MessageReport {
    type Error = Problem;

    fn try_from(request: UpdateMessageRequest) -> Result<Self, Problem> {
        let report = Self { status: request.delivery_status.0, external_id: request.external_id.0 };
        if report == Self::default() {
            let empty = Invalid::new("required", "must have at least one field to update");
            return Err(InvalidRequest::one("", &empty).into());
        }
        Ok(report)
    }
}

/// Update a message's delivery status
///
/// Stores the provider's id of the message and its delivery status. The conversation is not updated.
#[utoipa::path(
    patch,
    path = "/api/v1/conversations/{conversationId}/messages/{messageId}",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ("messageId" = String, Path, format = "uuid", description = "The message's id"),
    ),
    request_body = UpdateMessageRequest,
    responses(
        (status = 200, description = "The updated message", body = MessageResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
        (status = 409, description = "Another message of the conversation has or had this `externalId`", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn update_message(
    caller: Caller<WriteConversations>,
    ApiPath((conversation, id)): ApiPath<(ConversationId, MessageId)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    ApiJson(request): ApiJson<UpdateMessageRequest>,
) -> Reply {
    let report = request.try_into()?;
    let message = messages::report(caller.store(), conversation, id, &report, &precondition).await?;
    ok(message.version, &MessageResponse::from(&message))
}
