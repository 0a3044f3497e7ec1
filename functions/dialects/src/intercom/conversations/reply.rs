use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, Json, NoParameters, Problem, Reply, replayed,
    scope::WriteConversations,
};
use deskless_app::{
    TenantStore,
    conversations::{self, ListConversations, Walk},
    customers, messages,
};
use deskless_domain::{ConversationFilter, ConversationId, CustomerId, Email, MessageType, Order, Role};

use super::{message, parse_html, reply_with};
use crate::intercom::{
    admins::author,
    error::{NO_USER, not_found},
    shape::part::BodyFormat,
    values::{Id, invalid, missing, refuse},
};

/// A reply of a contact or an admin, or a note.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct ReplyRequest {
    message_type: String,
    #[deserr(rename = "type")]
    kind: String,
    #[deserr(default)]
    body: Option<String>,
    #[deserr(default)]
    admin_id: Option<Id>,
    #[deserr(default)]
    intercom_user_id: Option<Id>,
    #[deserr(default)]
    user_id: Option<Id>,
    #[deserr(default)]
    email: Option<Email>,
    #[deserr(default)]
    created_at: Option<Json>,
    #[deserr(default)]
    reply_options: Option<Json>,
    #[deserr(default)]
    attachment_urls: Option<Json>,
    #[deserr(default)]
    attachment_files: Option<Json>,
}

/// The contact who replies, as the request names them.
enum Contact {
    Id(CustomerId),
    Email(Email),
}

/// Reply to a conversation. `last` stands for the most recently active conversation of the contact.
pub async fn reply_to_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<String>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<ReplyRequest>,
) -> Reply {
    let store = caller.store();
    let (request, key) = request.into_parts(&caller);
    refuse(&[
        ("created_at", &request.created_at),
        ("reply_options", &request.reply_options),
        ("attachment_urls", &request.attachment_urls),
        ("attachment_files", &request.attachment_files),
    ])?;
    let kind = match request.message_type.as_str() {
        "comment" => MessageType::Reply,
        "note" if request.kind == "admin" => MessageType::Note,
        _ => return Err(invalid("message_type", "must be comment or, for an admin, note")),
    };
    let body = parse_html(request.body.as_deref().ok_or_else(|| missing("body"))?)?;
    let (conversation, role, sender) = match request.kind.as_str() {
        "admin" => {
            let id = ConversationId::parse(&id).ok_or_else(Problem::not_found)?;
            let (_, sender) = author(store, request.admin_id.as_ref().ok_or_else(|| missing("admin_id"))?).await?;
            (id, Role::Assistant, Some(sender))
        }
        "user" => (conversation_of_contact(store, &id, &request).await?, Role::User, None),
        _ => return Err(invalid("type", "must be admin or user")),
    };
    let message = message((role, kind), body, sender, &[])?;
    let added = messages::create(store, conversation, message, key.as_ref()).await?;
    replayed(added.is_replay, reply_with(store, conversation, BodyFormat::Html).await)
}

/// Returns the conversation to which a contact replies. It must be theirs.
async fn conversation_of_contact(
    store: &TenantStore,
    id: &str,
    request: &ReplyRequest,
) -> Result<ConversationId, Problem> {
    let unknown = || not_found(NO_USER);
    let contact = match (request.intercom_user_id.as_ref().or(request.user_id.as_ref()), &request.email) {
        (Some(id), _) => Contact::Id(CustomerId::parse(id.0.clone()).map_err(|_| unknown())?),
        (None, Some(email)) => Contact::Email(email.clone()),
        (None, None) => return Err(missing("intercom_user_id")),
    };
    if id == "last" {
        return newest_of(store, contact).await;
    }
    let id = ConversationId::parse(id).ok_or_else(Problem::not_found)?;
    let customer = conversations::get(store, id).await?.conversation.customer;
    let is_theirs = match &contact {
        Contact::Id(id) => customer.id == *id,
        Contact::Email(email) => {
            customer.details.email.as_ref().is_some_and(|own| own.normalized() == email.normalized())
        }
    };
    if is_theirs { Ok(id) } else { Err(unknown()) }
}

async fn newest_of(store: &TenantStore, contact: Contact) -> Result<ConversationId, Problem> {
    let none = ConversationFilter::default();
    let filter = match contact {
        Contact::Id(id) => ConversationFilter { customer_id: Some(id), ..none },
        Contact::Email(email) => {
            let found = customers::list_by_email(store, &email, None, 1).await?.customers;
            let customer = found.into_iter().next().ok_or_else(|| not_found(NO_USER))?.customer;
            ConversationFilter { customer_id: Some(customer.id), ..none }
        }
    };
    let command = ListConversations { filters: vec![filter], walk: Walk::ByActivity(Order::Desc, None), limit: 1 };
    let found = conversations::list(store, &command).await?.conversations;
    found.first().map(|conversation| conversation.id).ok_or_else(Problem::not_found)
}
