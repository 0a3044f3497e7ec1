use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{
    Caller, Idempotent, InvalidRequest, Json, Reply, dialect::respond, replayed, scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{
    Channel, Clock, Customer, CustomerDetails, CustomerId, IdentitySource, MessageDraft, Metadata, NewConversation,
    Placement, Priority, Resolved, Source, Status, Subject, Tags,
};
use http::StatusCode;

use crate::openai::{
    invalid, item,
    metadata::{self, Pairs},
    object,
    query::NoQuery,
};

/// The subject of a conversation that does not begin with a user's message.
const SUBJECT: &str = "Conversation";
/// The key of the metadata that names the customer.
const CUSTOMER_ID: &str = "customer_id";

/// A conversation to create.
#[derive(Debug, Default)]
pub struct CreateConversation {
    metadata: Pairs,
    items: Vec<MessageDraft>,
}

impl Deserr<InvalidRequest> for CreateConversation {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, _: ValuePointerRef<'_>) -> Result<Self, InvalidRequest> {
        let Json::Object(mut body) = Json::from(value) else {
            return Err(invalid::value("body", "Expected an object."));
        };
        let metadata = metadata::take(&mut body)?.unwrap_or_default();
        let items = item::take(&mut body)?.unwrap_or_default();
        match body.keys().next() {
            Some(name) => Err(invalid::unknown(name)),
            None => Ok(Self { metadata, items }),
        }
    }
}

/// Creates a conversation and its items, all or nothing.
pub async fn create(
    caller: Caller<WriteConversations>,
    _: NoQuery,
    request: Idempotent<Option<CreateConversation>>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let CreateConversation { metadata, items } = request.unwrap_or_default();
    let customer = customer(&metadata, caller.store().clock())?;
    let new = NewConversation {
        channel: Channel::Api,
        source: Source::Api,
        status: Resolved::No(Status::Open),
        escalated: false,
        priority: Priority::default(),
        subject: subject(&items)?,
        external_id: None,
        session_key: None,
        placement: Placement::default(),
        snoozed_until: None,
        tags: Tags::default(),
        metadata: metadata.replace_in(&Metadata::default())?,
    };
    let created =
        Box::pin(conversations::create_with_messages(caller.store(), new, &customer, items, key.as_ref())).await?;
    let body = object::conversation(&created.outcome.conversation);
    replayed(created.is_replay, respond(StatusCode::OK, &body))
}

/// Returns the customer of `metadata.customer_id`, or a new anonymous one.
fn customer(metadata: &Pairs, clock: &dyn Clock) -> Result<Customer, InvalidRequest> {
    let details = CustomerDetails::default();
    let Some(id) = metadata.get(CUSTOMER_ID) else {
        return Ok(Customer::of_client(CustomerId::anonymous(clock), details, IdentitySource::Anonymous));
    };
    let id = CustomerId::parse(id.to_owned()).map_err(|error| {
        invalid::value("metadata.customer_id", &format!("it names the customer, and {}.", error.message))
    })?;
    Ok(Customer::of_server(id, details))
}

/// Returns the beginning of the first message of a user as the subject.
fn subject(items: &[MessageDraft]) -> Result<Subject, deskless_api::Problem> {
    let first = items.iter().find(|item| item.is_from_customer()).map(MessageDraft::preview);
    let line = first.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let subject =
        line.and_then(|line| Subject::parse(line).ok()).map_or_else(|| Subject::parse(SUBJECT.to_owned()), Ok);
    subject.map_err(|error| deskless_api::Problem::internal(error.message))
}
