use deserr::Deserr;
use deskless_api::{
    ApiQuery, Code, Idempotent, InvalidRequest, NoParameters, PrincipalOrAnonymous, Problem, RawBody, Reply, created,
    openapi::BASE, replayed, scope::WriteConversations, wire::CreateMessageRequest,
};
use deskless_app::conversations::{self, CreateConversation};
use deskless_domain::{
    AssistantId, BodyLimit, Channel, ExternalId, FieldChange, InboxId, MemberId, Metadata, NewConversation, PipelineId,
    Placement, PlacementPatch, Priority, Resolution, Resolved, Scope, SessionKey, Source, StageId, Status, Subject,
    Tags, Timestamp,
};
use utoipa::ToSchema;

use crate::{
    customer_view,
    dto::{ConversationResponse, CustomerRequest},
};

/// A conversation to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateConversationRequest {
    /// The subject.
    subject: Subject,
    customer: CustomerRequest,
    /// A second conversation with the same one returns 409.
    #[deserr(default)]
    external_id: Option<ExternalId>,
    /// The session key.
    #[deserr(default)]
    session_key: Option<SessionKey>,
    /// It never changes. The default is `api`.
    #[deserr(default = Channel::Api)]
    #[schema(required = false)]
    channel: Channel,
    /// The default is `api`.
    #[deserr(default = Source::Api)]
    #[schema(required = false)]
    source: Source,
    /// The default is `open`.
    #[deserr(default = Status::Open)]
    #[schema(required = false)]
    status: Status,
    /// Only with the status `solved`.
    #[deserr(default)]
    resolution: Option<Resolution>,
    /// Whether the conversation was handed over to a person.
    #[deserr(default)]
    #[schema(required = false, default = false)]
    escalated: bool,
    /// The default is `medium`.
    #[deserr(default)]
    #[schema(required = false)]
    priority: Priority,
    /// The inbox.
    #[deserr(default)]
    inbox_id: Option<InboxId>,
    /// The assignee.
    #[deserr(default)]
    assignee_id: Option<MemberId>,
    /// The assistant.
    #[deserr(default)]
    assistant_id: Option<AssistantId>,
    /// The pipeline.
    #[deserr(default)]
    pipeline_id: Option<PipelineId>,
    /// Sets the pipeline too.
    #[deserr(default)]
    stage_id: Option<StageId>,
    /// The end of the snooze. Becomes `null` within a minute after this time.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Timestamp>,
    /// At most 20.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<deskless_domain::Tag>>, max_items = 20)]
    tags: Option<Tags>,
    /// Your own data.
    #[deserr(default)]
    metadata: Option<Metadata>,
    /// The first message.
    #[deserr(default)]
    message: Option<CreateMessageRequest>,
}

impl CreateConversationRequest {
    /// Returns the command, with the limit of the first message's body.
    fn into_command(self, body_limit: BodyLimit) -> Result<CreateConversation, Problem> {
        let request = self;
        let status = Resolved::of(request.status, request.resolution).ok_or_else(|| {
            Problem::new(Code::NotSolved, "Only a solved conversation has a `resolution`. Set `status` to `solved`.")
        })?;
        Ok(CreateConversation {
            conversation: NewConversation {
                channel: request.channel,
                source: request.source,
                status,
                escalated: request.escalated,
                priority: request.priority,
                subject: request.subject,
                external_id: request.external_id,
                session_key: request.session_key,
                placement: Placement::default(),
                snoozed_until: request.snoozed_until,
                tags: request.tags.unwrap_or_default(),
                metadata: request.metadata.unwrap_or_default(),
            },
            placement: PlacementPatch {
                inbox_id: set_if_present(request.inbox_id),
                assignee_id: set_if_present(request.assignee_id),
                assistant_id: set_if_present(request.assistant_id),
                pipeline_id: set_if_present(request.pipeline_id),
                stage_id: set_if_present(request.stage_id),
            },
            customer: request.customer.into(),
            message: request.message.map(|message| message.into_command(body_limit)),
        })
    }
}

/// Converts an optional id. A new conversation has no values to clear, so `null` is the same as no id.
fn set_if_present<T>(id: Option<T>) -> FieldChange<T> {
    id.map_or(FieldChange::Keep, FieldChange::Set)
}

/// Create a conversation
///
/// Creates the conversation and its first `message`, and creates or updates its customer with the fields of `customer`.
#[utoipa::path(
    post,
    path = "/api/v1/conversations",
    tag = "Conversations",
    request_body = CreateConversationRequest,
    responses(
        (status = 201, description = "The new conversation", body = ConversationResponse, headers(
            ("Location" = String, description = "The path of the new conversation"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "Another conversation has this `externalId`, or an unsolved one of the inbox has this `sessionKey`", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_conversation(
    caller: PrincipalOrAnonymous<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<RawBody>,
) -> Reply {
    let caller = match caller {
        PrincipalOrAnonymous::Server(caller) => caller,
        PrincipalOrAnonymous::Customer(caller) => return customer_view::create::by_customer(&caller, request).await,
        PrincipalOrAnonymous::Anonymous(caller) => return customer_view::create::by_anonymous(&caller, request).await,
    };
    let (request, key) = request.read::<CreateConversationRequest>()?.into_parts(&caller);
    if request.message.as_ref().is_some_and(CreateMessageRequest::is_predefined) {
        caller.require(Scope::ReadReplies)?;
        caller.require(Scope::ReadConversations)?;
    }
    let command = request.into_command(caller.store().body_limit())?;
    // Boxed, because it is large.
    let created_conversation = Box::pin(conversations::create(caller.store(), command, key.as_ref())).await?;
    let conversation = &created_conversation.outcome.conversation;
    let location = format!("{BASE}/conversations/{}", conversation.id);
    let response = ConversationResponse::from(&created_conversation.outcome);
    replayed(created_conversation.is_replay, created(location, conversation.version, &response))
}
