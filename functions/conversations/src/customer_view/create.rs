use deserr::Deserr;
use deskless_api::{
    AnonymousCaller, Code, CustomerCaller, Idempotent, InvalidRequest, Problem, RawBody, Reply, content_version,
    created, openapi::BASE, replayed, shown_once, wire::CustomerMessageRequest,
};
use deskless_app::{
    Once,
    conversations::{self, CreateCustomerConversation},
};
use deskless_domain::{
    BodyLimit, Channel, CompanyName, Conversation, CustomerDetails, CustomerId, Email, Metadata, NewConversation,
    PersonName, PhoneNumber, Placement, Priority, Resolved, Source, Status, Subject, Tags,
};

use utoipa::ToSchema;

use super::dto::{CustomerConversationCreatedResponse, CustomerConversationResponse};

/// A conversation to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = CreateConversationRequest, rename_all = "camelCase")]
pub struct CreateCustomerConversationRequest {
    /// The subject: 1 to 500 characters.
    subject: Subject,
    #[deserr(default)]
    customer: Option<ContactRequest>,
    /// The channel: `api` (the default) or one without a provider. It never changes.
    #[deserr(default = Channel::Api)]
    #[schema(required = false)]
    channel: Channel,
    /// The first message. It is created together with the conversation or not at all.
    #[deserr(default)]
    message: Option<CustomerMessageRequest>,
}

/// The contact details that a customer sends. They are not verified.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct ContactRequest {
    /// The customer's id. Must be the `sub` of the token.
    #[deserr(default)]
    id: Option<CustomerId>,
    #[deserr(default)]
    name: Option<PersonName>,
    #[deserr(default)]
    email: Option<Email>,
    #[deserr(default)]
    phone: Option<PhoneNumber>,
    #[deserr(default)]
    company: Option<CompanyName>,
}

impl CreateCustomerConversationRequest {
    /// Returns the command. `verified` is the customer id of the token.
    ///
    /// # Errors
    /// `forbidden` for another customer's id, and for a channel with a provider.
    fn into_command(
        self,
        verified: Option<&CustomerId>,
        body_limit: BodyLimit,
    ) -> Result<CreateCustomerConversation, Problem> {
        let forbidden = |detail: String| Problem::new(Code::Forbidden, detail);
        let ContactRequest { id, name, email, phone, company } = self.customer.unwrap_or_default();
        match (id, verified) {
            (Some(id), Some(verified)) if id != *verified => {
                return Err(forbidden("`customer.id` must be the customer of `X-Customer-Token`.".to_owned()));
            }
            (Some(_), None) => {
                let detail = "With a client key, `customer.id` requires an `X-Customer-Token` with this id as `sub`.";
                return Err(forbidden(detail.to_owned()));
            }
            _ => {}
        }
        // On a channel with a provider, anybody could send messages at the workspace's expense.
        if self.channel.has_provider() {
            let detail = format!("A client key cannot create conversations on the channel `{}`.", self.channel);
            return Err(forbidden(detail));
        }
        Ok(CreateCustomerConversation {
            conversation: NewConversation {
                channel: self.channel,
                source: Source::Widget,
                status: Resolved::No(Status::Open),
                escalated: false,
                priority: Priority::default(),
                subject: self.subject,
                external_id: None,
                session_key: None,
                placement: Placement::default(),
                snoozed_until: None,
                tags: Tags::default(),
                metadata: Metadata::default(),
            },
            details: CustomerDetails { name, email, phone, company },
            message: self.message.map(|message| message.into_command(body_limit)).transpose()?,
        })
    }
}

/// Create a conversation
///
/// Creates a conversation of the customer, with the first `message` if you send one. The contact details in `customer` are not
/// verified and are stored only on this conversation. Without a customer token the customer is anonymous, and the response has a
/// `customerToken` to send in later requests.
#[utoipa::path(
    post,
    path = "/api/v1/conversations",
    tag = "Conversations",
    operation_id = "create_conversation",
    request_body = CreateCustomerConversationRequest,
    responses(
        (status = 201, description = "The new conversation", body = CustomerConversationCreatedResponse, headers(
            ("Location" = String, description = "The path of the new conversation"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The customer is being erased", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn by_customer(caller: &CustomerCaller, request: Idempotent<RawBody>) -> Reply {
    let (request, key) = request.read::<CreateCustomerConversationRequest>()?.into_parts(caller);
    let command = request.into_command(Some(caller.customer()), caller.store().body_limit())?;
    let created = conversations::create_for_customer(caller.store(), command, key.as_ref()).await?;
    respond(&created, None)
}

/// Creates a conversation for an anonymous customer, who gets a new id. A repeat gets a token of the customer of the first
/// request: only the client that sent it knows its idempotency key.
pub async fn by_anonymous(caller: &AnonymousCaller, request: Idempotent<RawBody>) -> Reply {
    let (request, key) = request.read::<CreateCustomerConversationRequest>()?.into_anonymous_parts(caller)?;
    let command = request.into_command(None, caller.store().body_limit())?;
    let created = conversations::create_for_customer(caller.store(), command, key.as_ref()).await?;
    let token = caller.token_of(&created.outcome.customer.id)?;
    respond(&created, Some(token))
}

fn respond(Once { outcome: conversation, is_replay }: &Once<Conversation>, customer_token: Option<String>) -> Reply {
    let version = content_version(&CustomerConversationResponse::from(conversation))?;
    let location = format!("{BASE}/conversations/{}", conversation.id);
    let response = CustomerConversationCreatedResponse { conversation: conversation.into(), customer_token };
    shown_once(replayed(*is_replay, created(location, version, &response)))
}
