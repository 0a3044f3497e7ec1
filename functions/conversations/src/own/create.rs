use deserr::Deserr;
use deskless_api::{
    Actor, AnonymousCaller, Code, CustomerCaller, Idempotent, InvalidRequest, Problem, Reply, Unread, created, finish,
    likeness, openapi::BASE, wire::OwnMessageRequest,
};
use deskless_domain::{
    Channel, CompanyName, Conversation, Customer, CustomerDetails, CustomerId, Email, FirstWords, Metadata,
    NewConversation, PersonName, PhoneNumber, Placement, Priority, Resolved, Source, Status, Subject, Tags,
};
use deskless_store::{Answer, CustomerStore, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::OwnConversationObject;

/// A conversation that a customer opens.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct OpenConversationRequest {
    subject: Subject,
    #[deserr(default)]
    customer: Option<ContactRequest>,
    #[deserr(default = Channel::Api)]
    channel: Channel,
    #[deserr(default)]
    message: Option<OwnMessageRequest>,
}

/// What a customer says of themselves. Nobody has checked it.
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

impl OpenConversationRequest {
    /// The conversation, if this customer may open it. `proven` is the id that a token proves.
    fn opened_in(self, store: &CustomerStore, proven: Option<&CustomerId>) -> Result<NewConversation, Problem> {
        let forbidden = |detail: String| Problem::new(Code::Forbidden, detail);
        let ContactRequest { id, name, email, phone, company } = self.customer.unwrap_or_default();
        match (id, proven) {
            (Some(said), Some(proven)) if said != *proven => {
                return Err(forbidden("customer.id is not the customer whom X-Customer-Token names.".to_owned()));
            }
            (Some(_), None) => {
                let detail = "A client key cannot say who the customer is: customer.id needs an X-Customer-Token.";
                return Err(forbidden(detail.to_owned()));
            }
            _ => {}
        }
        // Whoever opened one on a provider's channel would have the workspace pay for messages to anybody.
        if self.channel.has_provider() {
            return Err(forbidden(format!("A client key cannot open a conversation on the channel {}.", self.channel)));
        }
        let customer = store.customer();
        if let Some(message) = &self.message {
            // A conversation has no files before it is there.
            let none = message.attachments().ids().iter().map(|_| None).collect();
            message.attachments().resolve(none, |_| false, "message.")?;
        }
        let message = self.message.map(|message| message.said_by(customer)).transpose()?;
        let message = message.map(|draft| draft.worded(FirstWords::Said));
        Ok(NewConversation {
            channel: self.channel,
            source: Source::Widget,
            status: Resolved::No(Status::Open),
            escalated: false,
            priority: Priority::default(),
            subject: self.subject,
            customer: Customer {
                id: customer.clone(),
                details: CustomerDetails { name, email, phone, company },
                identity_source: store.source(),
            },
            external_id: None,
            session_key: None,
            placement: Placement::default(),
            snoozed_until: None,
            tags: Tags::default(),
            metadata: Metadata::default(),
            message,
        })
    }
}

/// A conversation that was opened with a client key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerViewConversationCreatedResponse)]
pub struct OwnConversationCreatedResponse {
    conversation: OwnConversationObject,
    /// Where it was opened without a token: what to send as `X-Customer-Token` from now on, for 30 days. It is given once;
    /// null otherwise, and in a repeat.
    #[schema(required)]
    customer_token: Option<String>,
}

fn answer(conversation: &Conversation, token: Option<&str>) -> Result<Answer, StoreError> {
    let response =
        OwnConversationCreatedResponse { conversation: conversation.into(), customer_token: token.map(str::to_owned) };
    let version = likeness(&super::dto::OwnConversationResponse::from(conversation))?;
    created(format!("{BASE}/conversations/{}", conversation.id), version, &response)
}

/// Opens a conversation of the customer whom a token names.
pub async fn by_customer(caller: &CustomerCaller, request: Idempotent<Unread>) -> Reply {
    open(caller, caller.store(), Some(caller.customer()), None, request).await
}

/// Opens a conversation of somebody new.
pub async fn by_anonymous(caller: &AnonymousCaller, request: Idempotent<Unread>) -> Reply {
    open(caller, caller.store(), None, Some(caller.token()), request).await
}

async fn open(
    actor: &impl Actor,
    store: &CustomerStore,
    proven: Option<&CustomerId>,
    token: Option<&str>,
    request: Idempotent<Unread>,
) -> Reply {
    // What is stored for repeats has no token: it would be the key to the conversation for whoever guesses theirs.
    let stored = |conversation: &Conversation| answer(conversation, None);
    let (request, repeat) = request.read::<OpenConversationRequest>()?.into_parts(actor, &stored);
    let outcome = store.create_conversation(request.opened_in(store, proven)?, repeat).await?;
    finish(outcome, |conversation| answer(conversation, token))
}
