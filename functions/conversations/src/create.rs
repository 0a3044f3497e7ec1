use deserr::Deserr;
use deskless_api::{
    ApiQuery, Code, Idempotent, InvalidRequest, NoParameters, PrincipalOrAnonymous, Problem, Reply, Unread, created,
    earlier_or, finish,
    openapi::BASE,
    references,
    scope::WriteConversations,
    unless_replayed,
    wire::{CreateMessageRequest, Wording},
};
use deskless_domain::{
    AssistantId, Channel, Conversation, Edit, ExternalId, FirstWords, InboxId, MemberId, MessageDraft, Metadata,
    NewConversation, PipelineId, Placement, PlacementPatch, Priority, Resolution, Resolved, Scope, SessionKey, Source,
    StageId, Status, Subject, Tags, Timestamp,
};
use deskless_store::{Once, TenantStore};
use utoipa::ToSchema;

use crate::{
    dto::{ConversationResponse, CustomerRequest},
    own::{self, dto::EitherConversationCreatedResponse},
};

/// A conversation to open.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateConversationRequest {
    /// What it is about: 1 to 500 characters.
    subject: Subject,
    customer: CustomerRequest,
    /// Your own id: a second conversation with the same one is refused with 409.
    #[deserr(default)]
    external_id: Option<ExternalId>,
    /// The channel's own thread key, such as `whatsapp_+49123456789`.
    #[deserr(default)]
    session_key: Option<SessionKey>,
    /// `api` unless said otherwise. It never changes.
    #[deserr(default = Channel::Api)]
    #[schema(required = false)]
    channel: Channel,
    /// `api` unless said otherwise.
    #[deserr(default = Source::Api)]
    #[schema(required = false)]
    source: Source,
    /// `open` unless said otherwise.
    #[deserr(default = Status::Open)]
    #[schema(required = false)]
    status: Status,
    /// How it was solved; only beside the status `solved`.
    #[deserr(default)]
    resolution: Option<Resolution>,
    /// Handed to a person.
    #[deserr(default)]
    #[schema(required = false, default = false)]
    escalated: bool,
    /// A free label of 1 to 32 characters; `medium` unless said otherwise.
    #[deserr(default)]
    #[schema(required = false)]
    priority: Priority,
    /// The inbox where it arrived.
    #[deserr(default)]
    inbox_id: Option<InboxId>,
    /// The member who works on it.
    #[deserr(default)]
    assignee_id: Option<MemberId>,
    /// The assistant who answers in it.
    #[deserr(default)]
    assistant_id: Option<AssistantId>,
    /// The pipeline that it goes through.
    #[deserr(default)]
    pipeline_id: Option<PipelineId>,
    /// A stage of that pipeline; alone, it brings its pipeline with it.
    #[deserr(default)]
    stage_id: Option<StageId>,
    /// Until when nobody wants to see it.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Timestamp>,
    /// At most 20 labels of 1 to 64 characters.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<deskless_domain::Tag>>, max_items = 20)]
    tags: Option<Tags>,
    /// Data of your own.
    #[deserr(default)]
    metadata: Option<Metadata>,
    /// The first message: it comes to be together with the conversation or not at all.
    #[deserr(default)]
    message: Option<CreateMessageRequest>,
}

impl CreateConversationRequest {
    async fn check(self, store: &TenantStore) -> Result<NewConversation, Problem> {
        let status = Resolved::of(self.status, self.resolution).ok_or_else(|| {
            Problem::new(Code::NotSolved, "A resolution says how a conversation was solved; its status must be solved.")
        })?;
        let said = PlacementPatch {
            inbox_id: said(self.inbox_id),
            assignee_id: said(self.assignee_id),
            assistant_id: said(self.assistant_id),
            pipeline_id: said(self.pipeline_id),
            stage_id: said(self.stage_id),
        };
        let mut placement = Placement::default();
        references::check(store, said).await?.apply(&mut placement);
        Ok(NewConversation {
            channel: self.channel,
            source: self.source,
            status,
            escalated: self.escalated,
            priority: self.priority,
            subject: self.subject,
            customer: self.customer.into(),
            external_id: self.external_id,
            session_key: self.session_key,
            placement,
            snoozed_until: self.snoozed_until,
            tags: self.tags.unwrap_or_default(),
            metadata: self.metadata.unwrap_or_default(),
            message: None,
        })
    }
}

/// `null` says as little as nothing, where there is nothing yet to clear.
fn said<T>(id: Option<T>) -> Edit<T> {
    id.map_or(Edit::Keep, Edit::Set)
}

/// Open a conversation
///
/// The customer's record is made, or refreshed with what `customer` says.
///
/// With a client key: `subject`, `channel`, `message.body` and, unverified and on this conversation only, the contact details
/// in `customer`. Who the customer is says `X-Customer-Token`; without one they are new, and the answer has the
/// `customerToken` by which they are known from then on.
#[utoipa::path(
    post,
    path = "/api/v1/conversations",
    tag = "Conversations",
    params(("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer")),
    request_body = CreateConversationRequest,
    responses(
        (status = 201, description = "Opened", body = EitherConversationCreatedResponse, headers(
            ("Location" = String, description = "Where it is"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 409, description = "The externalId is taken", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_conversation(
    caller: PrincipalOrAnonymous<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<Unread>,
) -> Reply {
    let caller = match caller {
        PrincipalOrAnonymous::Server(caller) => caller,
        PrincipalOrAnonymous::Customer(caller) => return own::create::by_customer(&caller, request).await,
        PrincipalOrAnonymous::Anonymous(caller) => return own::create::by_anonymous(&caller, request).await,
    };
    let (mut request, repeat) = request.read::<CreateConversationRequest>()?.split(&caller);
    let message = request.message.take();
    if message.as_ref().is_some_and(CreateMessageRequest::is_predefined) {
        caller.require(Scope::ReadReplies)?;
    }
    let store = caller.store();
    let mut new = match request.check(store).await {
        Ok(new) => new,
        // What it refers to may be gone by now: that does not concern a repeat.
        Err(problem) => return earlier_or(repeat, store, problem).await,
    };
    let names = references::names(store, [&new.placement]).await?;
    let answer = |conversation: &Conversation| {
        let location = format!("{BASE}/conversations/{}", conversation.id);
        created(location, conversation.version, &ConversationResponse::new(conversation, &names))
    };
    let repeat = repeat.map(|repeat| repeat.answered(&answer));
    if let Some(message) = message {
        let is_plain = message.is_plain();
        let first = first_message(store, message, &new.placement);
        new.message = Some(if is_plain {
            first.await?
        } else {
            match unless_replayed(store.replay(repeat.as_ref()), first).await? {
                Once::Done(message) => message,
                Once::Replayed(earlier) => return finish(Once::Replayed(earlier), answer),
            }
        });
    }
    let outcome = store.create_conversation(new, repeat).await?;
    finish(outcome, answer)
}

const PREDEFINED: &str = "message.predefinedMessageId";

/// What is said first. A predefined message is filled when there is a conversation.
async fn first_message(
    store: &TenantStore,
    message: CreateMessageRequest,
    placement: &Placement,
) -> Result<MessageDraft<FirstWords>, Problem> {
    let word = async |wording| match wording {
        Wording::Said(body) => Ok((FirstWords::Said(body), None)),
        Wording::Predefined(id) => {
            let found = store.predefined_message(id, PREDEFINED).await?.fields;
            let names = store.template_names(&found.content, placement).await?;
            let file = store.predefined_file(&found, PREDEFINED).await?;
            Ok((FirstWords::Filled(found.content, names), file))
        }
    };
    message.draft(store, None, "message.", word).await
}
