use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Idempotent, InvalidRequest, NoParameters, Principal, Problem, RawBody, Reply, dialect::respond,
    replayed, scope::WriteConversations,
};
use deskless_app::{
    conversations,
    messages::{self, BodySource, CustomerMessage, NewMessage},
    resources,
};
use deskless_domain::{
    BodyLimit, Conversation, ConversationId, Email, ExternalId, Invalid, Member, MessageType, Metadata, Role, Sender,
};
use http::StatusCode;

use crate::bancroft::{
    dto::{MessageObject, Viewer},
    values::Text,
};

/// A message to send.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
struct CreateMessageRequest {
    body: Text,
    user_email: Email,
}

/// Sends a message. Its sender is identified by email: the requester, or a member. With a client key, it is the customer.
pub async fn create_message(
    caller: Principal<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<RawBody>,
) -> Reply {
    let request = request.read::<CreateMessageRequest>()?;
    let (conversation, added, viewer) = match caller {
        Principal::Server(caller) => {
            let (CreateMessageRequest { body: Text(body), user_email }, key) = request.into_parts(&caller);
            let store = caller.store();
            let conversation = conversations::get(store, id).await?.conversation;
            let (role, sender) = if is_requester(&conversation, &user_email) {
                (Role::User, Sender { email: Some(user_email), ..Sender::default() })
            } else {
                let members = resources::all::<Member>(store).await?;
                let member = members.into_iter().find(|one| one.fields.email.normalized() == user_email.normalized());
                match member {
                    Some(member) => {
                        let Member { name, email, .. } = member.fields;
                        let id = ExternalId::parse(member.id.to_string()).ok();
                        (Role::Assistant, Sender { id, name: Some(name), email: Some(email) })
                    }
                    // An anonymous requester has no address to compare.
                    None if conversation.customer.details.email.is_none() => {
                        (Role::User, Sender { email: Some(user_email), ..Sender::default() })
                    }
                    None => return Err(unknown_sender()),
                }
            };
            let message = NewMessage {
                role,
                kind: MessageType::Reply,
                body: BodySource::Text(body),
                body_limit: BodyLimit::MAX,
                content: None,
                sender: Some(sender),
                external_id: None,
                attachments: Vec::new(),
                metadata: Metadata::default(),
            };
            (conversation, messages::create(store, id, message, key.as_ref()).await?, Viewer::Server)
        }
        Principal::Customer(caller) => {
            let (CreateMessageRequest { body: Text(body), user_email }, key) = request.into_parts(&caller);
            let store = caller.store();
            let conversation = conversations::get_own(store, id).await?;
            if conversation.customer.details.email.is_some() && !is_requester(&conversation, &user_email) {
                let invalid = Invalid::new("invalid", "must be the requester's address when you use a client key");
                return Err(InvalidRequest::one("user_email", &invalid).into());
            }
            let message = CustomerMessage { body: Some(body), body_limit: BodyLimit::DEFAULT, attachments: Vec::new() };
            let added = messages::create_for_customer(store, id, message, key.as_ref()).await?;
            (conversation, added, Viewer::Customer)
        }
    };
    let customer = conversation.customer.details.email.as_ref();
    let object = MessageObject::new(&added.outcome.message, customer, viewer);
    replayed(added.is_replay, respond(StatusCode::CREATED, &object))
}

fn is_requester(conversation: &Conversation, email: &Email) -> bool {
    let own = conversation.customer.details.email.as_ref();
    own.is_some_and(|own| own.normalized() == email.normalized())
}

fn unknown_sender() -> Problem {
    let message = "must be the address of the conversation's requester or of a member of the workspace";
    InvalidRequest::one("user_email", &Invalid::new("not_found", message)).into()
}
