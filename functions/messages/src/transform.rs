use std::collections::BTreeMap;

use deserr::{Deserr, IntoValue, ValuePointerRef};
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, Json, NoParameters, Optional, Problem, Reply, ok, replayed,
    scope::ReadConversations,
};
use deskless_app::messages;
use deskless_domain::{
    Channel, ConversationId, Invalid, MediaType, MessageBody, MessageType, Provider, SmsEncoding,
    provider::{
        Content, FileName, LanguageCode, Media, MediaUrl, Outgoing, ProviderAddress, ProviderRequest, ProviderTemplate,
        TemplateName, Transform,
    },
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A message to preview: a `body`, a `media` or both, or a `template` alone.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct TransformMessageRequest {
    /// The text, alone or with a file.
    #[deserr(default)]
    #[schema(required = false, value_type = MessageBody)]
    body: Optional<MessageBody>,
    /// A file that the provider fetches.
    #[deserr(default)]
    #[schema(required = false, value_type = MediaObject)]
    media: Optional<MediaObject>,
    /// A WhatsApp template, which can be sent when the reply window is closed.
    #[deserr(default)]
    #[schema(required = false, value_type = TemplateObject)]
    template: Optional<TemplateObject>,
    /// The default is `reply`. A `note` has no requests.
    #[deserr(rename = "type", default = MessageType::Reply)]
    #[schema(rename = "type", required = false)]
    kind: MessageType,
    /// The provider's id of the sender. The default comes from the conversation's inbox.
    #[deserr(default)]
    #[schema(required = false, value_type = ProviderAddress)]
    from: Optional<ProviderAddress>,
    /// The customer's phone number or provider's id. The default comes from the `sessionKey` or the customer.
    #[deserr(default)]
    #[schema(required = false, value_type = ProviderAddress)]
    to: Optional<ProviderAddress>,
}

/// A file that a provider fetches.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = OutgoingMedia, rename_all = "camelCase")]
pub struct MediaObject {
    #[deserr(rename = "type")]
    #[schema(rename = "type")]
    kind: MediaType,
    url: MediaUrl,
    /// The file name of a document.
    #[deserr(default)]
    file_name: Option<FileName>,
}

/// A WhatsApp template, which WhatsApp has approved.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = OutgoingTemplate)]
pub struct TemplateObject {
    name: TemplateName,
    language: LanguageCode,
    /// The parameters, as `components` in WhatsApp's API.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    components: Option<Vec<Component>>,
}

/// A component of a WhatsApp template, which is passed on.
#[derive(Debug)]
struct Component(serde_json::Map<String, Value>);

impl Deserr<InvalidRequest> for Component {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let object = Json::from(value);
        match object.exact() {
            Some(Value::Object(fields)) => Ok(Self(fields)),
            Some(_) => Err(InvalidRequest::at(location, &Invalid::new("wrong_type", "must be an object"))),
            None => {
                let message =
                    "must have numbers that a double can represent in the same digits. Send others as strings";
                Err(InvalidRequest::at(location, &Invalid::new("invalid", message)))
            }
        }
    }
}

impl TryFrom<TransformMessageRequest> for Outgoing {
    type Error = Problem;

    fn try_from(request: TransformMessageRequest) -> Result<Self, Problem> {
        let invalid = |field: &str, code, message: &str| InvalidRequest::one(field, &Invalid::new(code, message));
        let media = request.media.0.map(|MediaObject { kind, url, file_name }| Media { kind, url, file_name });
        let template = request.template.0.map(|TemplateObject { name, language, components }| {
            let components = components.unwrap_or_default().into_iter().map(|Component(fields)| fields).collect();
            ProviderTemplate { name, language, components }
        });
        let content = match (template, media, request.body.0) {
            (Some(template), None, None) => Content::Template(template),
            (Some(_), ..) => {
                return Err(invalid("template", "invalid", "cannot be combined with `body` or `media`").into());
            }
            (None, Some(media), body) => Content::Media(media, body),
            (None, None, Some(body)) => Content::Text(body),
            (None, None, None) => {
                return Err(invalid("body", "required", "is required unless you send `media` or `template`").into());
            }
        };
        Ok(Self { kind: request.kind, content, from: request.from.0, to: request.to.0 })
    }
}

/// The preview of a message as its provider's requests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TransformedMessageResponse)]
pub struct TransformMessageResponse {
    transform: TransformObject,
}

/// The preview of a message as its provider's requests.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Transform)]
pub struct TransformObject {
    channel: Channel,
    provider: Provider,
    /// The requests, in the order in which to send them. Empty for a note.
    requests: Vec<RequestObject>,
    /// The segments of an SMS. `null` on other channels.
    #[schema(required)]
    segments: Option<SegmentsObject>,
    /// The end of the reply window. `null` on channels without one, and until the customer writes.
    #[schema(required, format = "date-time")]
    window_expires_at: Option<String>,
}

/// A request to a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderRequest)]
pub struct RequestObject {
    #[schema(pattern = "^POST$")]
    method: &'static str,
    /// The URL. Unknown parts are placeholders in braces.
    url: String,
    /// The headers, without the authorization.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    headers: BTreeMap<&'static str, String>,
    /// The JSON body, or the fields of the form.
    #[schema(value_type = Object)]
    body: Value,
}

/// The segments into which a network splits an SMS.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segments)]
pub struct SegmentsObject {
    /// The number of segments, which are billed separately.
    count: usize,
    encoding: SmsEncoding,
    /// The number of characters in this encoding. Some characters count as two.
    characters: usize,
}

impl From<&Transform> for TransformMessageResponse {
    fn from(transform: &Transform) -> Self {
        let request = |request: &ProviderRequest| RequestObject {
            method: "POST",
            url: request.url.clone(),
            headers: BTreeMap::from([("Content-Type", request.content_type.to_string())]),
            body: request.body.clone(),
        };
        Self {
            transform: TransformObject {
                channel: transform.channel,
                provider: transform.provider,
                requests: transform.requests.iter().map(request).collect(),
                segments: transform.segments.map(|segments| SegmentsObject {
                    count: segments.count,
                    encoding: segments.encoding,
                    characters: segments.units,
                }),
                window_expires_at: transform.window_expires_at.map(|time| time.to_string()),
            },
        }
    }
}

/// Preview a message
///
/// Returns the requests that send a message to the provider of the conversation's channel. Nothing is sent or stored. Fields that
/// exceed the provider's limits return 400.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/messages/transform",
    tag = "Messages",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = TransformMessageRequest,
    responses(
        (status = 200, description = "The preview", body = TransformMessageResponse, headers(
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 422, description = "The reply window is closed", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn transform_message(
    caller: Caller<ReadConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<TransformMessageRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let outgoing = request.try_into()?;
    let transformed = messages::transform(caller.store(), conversation, &outgoing, key.as_ref()).await?;
    replayed(transformed.is_replay, ok(None, &TransformMessageResponse::from(&transformed.outcome)))
}
