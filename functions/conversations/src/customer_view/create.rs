use deserr::Deserr;
use deskless_api::{
    AnonymousCaller, Code, CustomerCaller, Idempotent, InvalidRequest, Problem, RawBody, Reply, content_version,
    created, openapi::BASE, replayed, wire::CustomerMessageRequest,
};
use deskless_app::{
    Once,
    conversations::{self, CreateCustomerConversation},
    messages::CustomerMessage,
};
use deskless_domain::{
    Channel, CompanyName, Conversation, CustomerDetails, CustomerId, Email, Metadata, NewConversation, PersonName,
    PhoneNumber, Placement, Priority, Resolved, Source, Status, Subject, Tags,
};

use super::dto::{CustomerConversationCreatedResponse, CustomerConversationResponse};

/// A conversation that a customer creates.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateCustomerConversationRequest {
    subject: Subject,
    #[deserr(default)]
    customer: Option<ContactRequest>,
    #[deserr(default = Channel::Api)]
    channel: Channel,
    #[deserr(default)]
    message: Option<CustomerMessageRequest>,
}

/// The contact details that a customer sends. They are not verified.
#[derive(Debug, Default, Deserr)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct ContactRequest {
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
    fn into_command(self, verified: Option<&CustomerId>) -> Result<CreateCustomerConversation, Problem> {
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
            message: self.message.map(CustomerMessage::try_from).transpose()?,
        })
    }
}

/// Creates a conversation for the customer of a token.
pub async fn by_customer(caller: &CustomerCaller, request: Idempotent<RawBody>) -> Reply {
    let (request, key) = request.read::<CreateCustomerConversationRequest>()?.into_parts(caller);
    let command = request.into_command(Some(caller.customer()))?;
    let created = conversations::create_for_customer(caller.store(), command, key.as_ref()).await?;
    respond(&created, None)
}

/// Creates a conversation for an anonymous customer, who gets a new id. A repeat gets a token of the customer of the first
/// request: only the client that sent it knows its idempotency key.
pub async fn by_anonymous(caller: &AnonymousCaller, request: Idempotent<RawBody>) -> Reply {
    let (request, key) = request.read::<CreateCustomerConversationRequest>()?.into_anonymous_parts(caller)?;
    let command = request.into_command(None)?;
    let created = conversations::create_for_customer(caller.store(), command, key.as_ref()).await?;
    let token = caller.token_of(&created.outcome.customer.id)?;
    respond(&created, Some(token))
}

fn respond(Once { outcome: conversation, is_replay }: &Once<Conversation>, customer_token: Option<String>) -> Reply {
    let version = content_version(&CustomerConversationResponse::from(conversation))?;
    let location = format!("{BASE}/conversations/{}", conversation.id);
    let response = CustomerConversationCreatedResponse { conversation: conversation.into(), customer_token };
    replayed(*is_replay, created(location, version, &response))
}
