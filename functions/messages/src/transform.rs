use std::collections::BTreeMap;

use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Code, FieldError, Idempotent, InvalidRequest, NoParameters, Problem, Reply, done,
    finish, scope::ReadConversations,
};
use deskless_domain::{
    Channel, ConversationId, Invalid, MediaType, MessageBody, MessageType, Provider, SmsEncoding,
    provider::{
        Content, FileName, LanguageCode, Media, MediaUrl, Outgoing, ProviderAddress, ProviderRequest, Refusal,
        Template, TemplateName, Transform, transform,
    },
};
use deskless_store::Once;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A message that would be sent: a `body`, a `media` or both, or a `template` alone.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct TransformMessageRequest {
    /// What is said, beside a file or alone.
    #[deserr(default)]
    body: Option<MessageBody>,
    /// A file that the provider fetches.
    #[deserr(default)]
    media: Option<MediaObject>,
    /// A message that WhatsApp has approved beforehand: it may be sent when the window is closed.
    #[deserr(default)]
    template: Option<TemplateObject>,
    /// `reply` unless said otherwise. A `note` is never sent: there are no requests for it.
    #[deserr(rename = "type", default = MessageType::Reply)]
    #[schema(rename = "type", required = false)]
    kind: MessageType,
    /// The provider's id of your side: WhatsApp's phone number id, the page's or account's id, the number or messaging
    /// service that an SMS comes from. Where it is not said, its name stands in the request in braces, or `me`.
    #[deserr(default)]
    from: Option<ProviderAddress>,
    /// The provider's id or number of the customer, if neither the conversation's `sessionKey` nor the customer says it.
    #[deserr(default)]
    to: Option<ProviderAddress>,
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
    /// What a document is called.
    #[deserr(default)]
    file_name: Option<FileName>,
}

/// A template of WhatsApp's.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = OutgoingTemplate)]
pub struct TemplateObject {
    name: TemplateName,
    language: LanguageCode,
    /// Its parameters, as WhatsApp takes them.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    components: Option<Vec<BTreeMap<String, Value>>>,
}

impl TryFrom<TransformMessageRequest> for Outgoing {
    type Error = Problem;

    fn try_from(request: TransformMessageRequest) -> Result<Self, Problem> {
        let refuse = |field: &str, code, message: &str| InvalidRequest::one(field, &Invalid::new(code, message));
        let media = request.media.map(|MediaObject { kind, url, file_name }| Media { kind, url, file_name });
        let template = request.template.map(|TemplateObject { name, language, components }| {
            let components = components.unwrap_or_default().into_iter().map(|c| c.into_iter().collect()).collect();
            Template { name, language, components }
        });
        let content = match (template, media, request.body) {
            (Some(template), None, None) => Content::Template(template),
            (Some(_), ..) => return Err(refuse("template", "invalid", "stands alone, without body and media").into()),
            (None, Some(media), body) => Content::Media(media, body),
            (None, None, Some(body)) => Content::Text(body),
            (None, None, None) => {
                return Err(refuse("body", "required", "is required, where there is no media and no template").into());
            }
        };
        Ok(Self { kind: request.kind, content, from: request.from, to: request.to })
    }
}

/// How a message reads to a provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransformMessageResponse {
    transform: TransformObject,
}

/// How a message reads to a provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Transform)]
pub struct TransformObject {
    channel: Channel,
    provider: Provider,
    /// The requests, to be sent in this order: a file and its words are two where the provider wants them apart. None
    /// for a note. The provider's authorization is yours to add.
    requests: Vec<RequestObject>,
    /// Into how many messages a network takes an SMS apart; null for everything else.
    #[schema(required)]
    segments: Option<SegmentsObject>,
    /// Until when the provider allows free replies.
    #[schema(required, format = "date-time")]
    window_expires_at: Option<String>,
}

/// One request to a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderRequest)]
pub struct RequestObject {
    #[schema(pattern = "^POST$")]
    method: &'static str,
    /// What is not known stands in braces, such as `{phone-number-id}`. One of web chat is a path of this API.
    url: String,
    /// Without the authorization.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    headers: BTreeMap<&'static str, &'static str>,
    /// The JSON body, or the fields of the form if the content type is `application/x-www-form-urlencoded`.
    #[schema(value_type = Object)]
    body: Value,
}

/// What becomes of an SMS on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segments)]
pub struct SegmentsObject {
    /// How many messages are sent, and billed.
    count: usize,
    encoding: SmsEncoding,
    /// How many characters the text has in that encoding, where some count as two.
    characters: usize,
}

impl From<&Transform> for TransformMessageResponse {
    fn from(transform: &Transform) -> Self {
        let request = |request: &ProviderRequest| RequestObject {
            method: "POST",
            url: request.url.clone(),
            headers: BTreeMap::from([("Content-Type", request.content_type)]),
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

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Fields(fields) => {
            let errors = fields.iter().flat_map(|(field, invalid)| InvalidRequest::one(*field, invalid).0);
            Problem::invalid(errors.collect::<Vec<FieldError>>())
        }
        Refusal::WindowClosed => Problem::new(
            Code::WindowClosed,
            "The customer last wrote more than 24 hours ago, or never: until they write again, only a template is sent.",
        ),
    }
}

/// Show how a message would be sent
///
/// The exact request to the provider of the conversation's channel: WhatsApp's Cloud API, Instagram, Messenger, SMS (by
/// Twilio's API) and web chat. Nothing is sent and nothing is stored; what breaks the provider's limits is said.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/messages/transform",
    tag = "Messages",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = TransformMessageRequest,
    responses(
        (status = 200, description = "What would be sent", body = TransformMessageResponse, headers(
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 422, description = "The provider takes no free reply now", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn transform_message(
    caller: Caller<ReadConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<TransformMessageRequest>,
) -> Reply {
    let answer = |transform: &Transform| done(None, &TransformMessageResponse::from(transform));
    let (request, repeat) = request.into_parts(&caller, &answer);
    let outgoing = request.try_into()?;
    let store = caller.store();
    if let Some(earlier) = store.replay(repeat.as_ref()).await? {
        return finish(Once::Replayed(earlier), answer);
    }
    let conversation = store.get_conversation(conversation).await?;
    let shown = transform(&conversation, &outgoing, store.clock().now()).map_err(refused)?;
    finish(store.answer_once(shown, repeat).await?, answer)
}
