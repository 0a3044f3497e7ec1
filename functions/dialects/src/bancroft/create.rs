use deserr::Deserr;
use deskless_api::{
    ApiQuery, Code, Idempotent, InvalidRequest, NoParameters, PrincipalOrAnonymous, Problem, RawBody, Reply,
    dialect::respond, replayed, scope::WriteConversations, shown_once,
};
use deskless_app::{
    conversations::{self, CreateConversation, CreateCustomerConversation},
    messages::{BodySource, CustomerMessage, NewMessage},
    requesters,
};
use deskless_domain::{
    BodyLimit, Channel, Conversation, Customer, CustomerDetails, CustomerId, Email, MessageType, Metadata,
    NewConversation, PersonName, Placement, PlacementPatch, Resolved, Role, Source, Status, Subject, Tags,
};
use http::{HeaderName, HeaderValue, StatusCode};

use super::{
    dto::{ConversationObject, Viewer},
    values::{RequestedChannel, RequestedPriority, Text, full_name},
};

/// A conversation to create.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
struct CreateRequest {
    subject: Subject,
    #[deserr(default)]
    user_email: Option<Email>,
    #[deserr(default)]
    description: Option<Text>,
    #[deserr(default)]
    user_first_name: Option<PersonName>,
    #[deserr(default)]
    user_last_name: Option<PersonName>,
    #[deserr(default)]
    priority: Option<RequestedPriority>,
    #[deserr(default)]
    channel: Option<RequestedChannel>,
    #[deserr(default)]
    metadata: Option<Metadata>,
}

impl CreateRequest {
    fn name(&self) -> Result<Option<PersonName>, Problem> {
        full_name(self.user_first_name.as_ref(), self.user_last_name.as_ref())
            .map_err(|invalid| InvalidRequest::one("user_first_name", &invalid).into())
    }

    /// Returns the conversation. `channel` is the default: a client key is a web page's, a server key is a program's.
    fn conversation(&self, channel: Channel, source: Source) -> Result<NewConversation, Problem> {
        let priority = self.priority.unwrap_or(RequestedPriority::Normal).label();
        Ok(NewConversation {
            channel: self.channel.map_or(channel, Channel::from),
            source,
            status: Resolved::No(Status::Open),
            escalated: false,
            priority: priority.map_err(|invalid| InvalidRequest::one("priority", &invalid))?,
            subject: self.subject.clone(),
            external_id: None,
            session_key: None,
            placement: Placement::default(),
            snoozed_until: None,
            tags: Tags::default(),
            metadata: self.metadata.clone().unwrap_or_default(),
        })
    }

    /// Returns the command of a customer. Their details are not verified.
    fn of_customer(self) -> Result<CreateCustomerConversation, Problem> {
        let conversation = self.conversation(Channel::Web, Source::Widget)?;
        // On a channel with a provider, anybody could send messages at the workspace's expense.
        if conversation.channel.has_provider() {
            let detail = format!("A client key cannot create conversations on the `channel` {}.", conversation.channel);
            return Err(Problem::new(Code::Forbidden, detail));
        }
        let details = CustomerDetails { name: self.name()?, email: self.user_email, ..CustomerDetails::default() };
        let message = self.description.map(|Text(body)| CustomerMessage {
            body: Some(body),
            body_limit: BodyLimit::DEFAULT,
            attachments: Vec::new(),
        });
        Ok(CreateCustomerConversation { conversation, details, message })
    }
}

/// Creates a conversation. With a server key, the customer with this email address is its requester, or a new one. With a client key,
/// the requester is the customer of the token, or an anonymous one whose token is in the header `X-Customer-Token` of the response.
pub async fn create_conversation(
    caller: PrincipalOrAnonymous<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<RawBody>,
) -> Reply {
    let request = request.read::<CreateRequest>()?;
    let caller = match caller {
        PrincipalOrAnonymous::Server(caller) => caller,
        PrincipalOrAnonymous::Customer(caller) => {
            let (request, key) = request.into_parts(&caller);
            let command = request.of_customer()?;
            let created = conversations::create_for_customer(caller.store(), command, key.as_ref()).await?;
            return answer(&created.outcome, Viewer::Creator, created.is_replay);
        }
        PrincipalOrAnonymous::Anonymous(caller) => {
            let (request, key) = request.into_anonymous_parts(&caller)?;
            let command = request.of_customer()?;
            let created = conversations::create_for_customer(caller.store(), command, key.as_ref()).await?;
            let token = caller.token_of(&created.outcome.customer.id)?;
            let mut response = shown_once(answer(&created.outcome, Viewer::Creator, created.is_replay))?;
            if let Ok(token) = HeaderValue::try_from(token) {
                response.headers_mut().insert(HeaderName::from_static("x-customer-token"), token);
            }
            return Ok(response);
        }
    };
    let (request, key) = request.into_parts(&caller);
    let store = caller.store();
    let conversation = request.conversation(Channel::Api, Source::Api)?;
    let name = request.name()?;
    let customer = if let Some(email) = &request.user_email {
        // A repeat finds the customer whom the first try created.
        let id = requesters::find_or_create(store, email, name).await?;
        Customer::of_server(id, CustomerDetails::default())
    } else {
        // Created together with the conversation or not at all.
        let details = CustomerDetails { name, ..CustomerDetails::default() };
        Customer::of_server(CustomerId::generate(store.clock()), details)
    };
    let message = request.description.map(|Text(body)| NewMessage {
        role: Role::User,
        kind: MessageType::Reply,
        body: BodySource::Text(body),
        body_limit: BodyLimit::MAX,
        content: None,
        sender: None,
        external_id: None,
        attachments: Vec::new(),
        metadata: Metadata::default(),
    });
    let command = CreateConversation { conversation, placement: PlacementPatch::default(), customer, message };
    // Boxed, because it is large.
    let created = Box::pin(conversations::create(store, command, key.as_ref())).await?;
    answer(&created.outcome.conversation, Viewer::Server, created.is_replay)
}

fn answer(conversation: &Conversation, viewer: Viewer, is_replay: bool) -> Reply {
    replayed(is_replay, respond(StatusCode::CREATED, &ConversationObject::new(conversation, viewer)))
}
