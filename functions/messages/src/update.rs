use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, Given, IfMatch, InvalidRequest, NoParameters, Problem, Reply, ok,
    scope::WriteConversations,
};
use deskless_domain::{ConversationId, DeliveryStatus, ExternalId, Invalid, MessageId, MessageReport};
use utoipa::ToSchema;

use crate::dto::MessageResponse;

/// What a channel's provider reports of a message. A field that is left out stays as it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateMessageRequest {
    /// How far an assistant's reply got on a provider's channel. It never moves backwards: a report that comes too late
    /// changes nothing and is answered with the message as it is.
    #[deserr(default)]
    #[schema(value_type = DeliveryStatus, required = false)]
    delivery_status: Given<DeliveryStatus>,
    /// The provider's id of the message.
    #[deserr(default)]
    #[schema(value_type = ExternalId, required = false)]
    external_id: Given<ExternalId>,
}

impl TryFrom<UpdateMessageRequest> for MessageReport {
    type Error = Problem;

    fn try_from(request: UpdateMessageRequest) -> Result<Self, Problem> {
        let report = Self { status: request.delivery_status.0, external_id: request.external_id.0 };
        if report == Self::default() {
            let empty = Invalid::new("required", "must name at least one field to change");
            return Err(InvalidRequest::one("", &empty).into());
        }
        Ok(report)
    }
}

/// Report how a message fares
///
/// Takes what a channel's provider says: its id of the message, and how far the message got. Its conversation stays as
/// it is.
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
        (status = 200, description = "The message as it is now", body = MessageResponse, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 409, description = "Another message of the conversation has, or had, this externalId", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn update_message(
    caller: Caller<WriteConversations>,
    ApiPath((conversation, id)): ApiPath<(ConversationId, MessageId)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
    ApiJson(request): ApiJson<UpdateMessageRequest>,
) -> Reply {
    let report = request.try_into()?;
    let message = caller.store().report_message(conversation, id, &report, expected.as_deref()).await?;
    ok(Some(message.version), &MessageResponse::from(&message))
}
