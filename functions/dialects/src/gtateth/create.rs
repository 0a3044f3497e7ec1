use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Problem, Reply, dialect::respond, replayed,
    scope::WriteConversations,
};
use deskless_app::{
    AppError, TenantStore,
    conversations::{self, CreateConversation},
    customers,
};
use deskless_domain::{
    Channel, Customer, CustomerDetails, CustomerId, FieldChange, InboxId, Invalid, Metadata, NewConversation,
    Placement, PlacementPatch, Resolved, Source, Status, Subject, Tags,
};
use http::StatusCode;

use super::{
    dto::{ConversationObject, Success},
    values::{RequestedChannel, RequestedPriority},
};

/// A conversation to create.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateRequest {
    subject: Subject,
    inbox_id: InboxId,
    #[deserr(default)]
    customer_id: Option<CustomerId>,
    #[deserr(default = RequestedChannel::Email)]
    channel: RequestedChannel,
    #[deserr(default = RequestedPriority::Medium)]
    priority: RequestedPriority,
}

/// Creates a conversation of an existing customer, or of a new one without a name.
pub async fn create_conversation(
    caller: Caller<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let store = caller.store();
    let priority = request.priority.label().map_err(|invalid| InvalidRequest::one("priority", &invalid))?;
    let customer = customer(store, request.customer_id).await?;
    let command = CreateConversation {
        conversation: NewConversation {
            channel: Channel::from(request.channel),
            source: Source::Api,
            status: Resolved::No(Status::Open),
            escalated: false,
            priority,
            subject: request.subject,
            external_id: None,
            session_key: None,
            placement: Placement::default(),
            snoozed_until: None,
            tags: Tags::default(),
            metadata: Metadata::default(),
        },
        placement: PlacementPatch { inbox_id: FieldChange::Set(request.inbox_id), ..PlacementPatch::default() },
        customer: Customer::of_server(customer, CustomerDetails::default()),
        message: None,
    };
    // Boxed, because it is large.
    let created = Box::pin(conversations::create(store, command, key.as_ref())).await?;
    let object = ConversationObject::from(&created.outcome);
    replayed(created.is_replay, respond(StatusCode::CREATED, &Success::new(object)))
}

/// Returns the id of an existing customer, or a new one. A repeat gets the outcome of the first try, whatever id it generates.
async fn customer(store: &TenantStore, id: Option<CustomerId>) -> Result<CustomerId, Problem> {
    let Some(id) = id else { return Ok(CustomerId::generate(store.clock())) };
    match customers::get(store, &id).await {
        Ok(_) => Ok(id),
        Err(AppError::NotFound) => {
            let invalid = Invalid::new("not_found", "must be the id of an existing customer");
            Err(InvalidRequest::one("customerId", &invalid).into())
        }
        Err(error) => Err(error.into()),
    }
}
