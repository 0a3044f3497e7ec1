use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, Json, NoParameters, Reply, dialect::respond, replayed,
    scope::WriteConversations,
};
use deskless_app::conversations::{self, CreateConversation};
use deskless_domain::{
    Channel, Customer, CustomerDetails, CustomerId, MessageType, NewConversation, Placement, PlacementPatch, Priority,
    Resolved, Role, Source, Status, Subject, Tags,
};
use http::StatusCode;
use serde_json::json;

use super::{message, parse_body};
use crate::intercom::{
    contacts::find,
    error::{NO_USER, not_found},
    values::{Id, invalid, refuse},
};

/// A conversation that a contact starts.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct CreateRequest {
    from: From,
    body: String,
    #[deserr(default)]
    subject: Option<Json>,
    #[deserr(default)]
    attachment_urls: Option<Json>,
    #[deserr(default)]
    created_at: Option<Json>,
}

/// The contact.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
struct From {
    #[deserr(rename = "type")]
    kind: String,
    id: Id,
}

/// The most characters of the title that a conversation gets from its first message.
const MAX_TITLE: usize = 120;

/// Returns the first line of a text as the title of its conversation.
fn title(text: &str) -> Subject {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let short = line.chars().take(MAX_TITLE).collect();
    let fallback = || Subject::parse("Conversation".to_owned());
    // The text is not empty, and a fixed text is valid.
    Subject::parse(short).or_else(|_| fallback()).expect("a valid subject")
}

/// Create a conversation that a contact starts. Returns the message.
pub async fn create_conversation(
    caller: Caller<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateRequest>,
) -> Reply {
    let store = caller.store();
    let (CreateRequest { from, body, subject, attachment_urls, created_at }, key) = request.into_parts(&caller);
    refuse(&[("subject", &subject), ("attachment_urls", &attachment_urls), ("created_at", &created_at)])?;
    if !["user", "lead", "contact"].contains(&from.kind.as_str()) {
        return Err(invalid("from.type", "must be user, lead or contact"));
    }
    let id = CustomerId::parse(from.id.0).map_err(|_| not_found(NO_USER))?;
    find(store, &id).await?;
    let text = parse_body(body)?;
    let conversation = NewConversation {
        channel: Channel::LiveChat,
        source: Source::Api,
        status: Resolved::No(Status::Open),
        escalated: false,
        priority: Priority::default(),
        subject: title(text.as_str()),
        external_id: None,
        session_key: None,
        placement: Placement::default(),
        snoozed_until: None,
        tags: Tags::default(),
        metadata: deskless_domain::Metadata::default(),
    };
    let command = CreateConversation {
        conversation,
        placement: PlacementPatch::default(),
        customer: Customer::of_server(id, CustomerDetails::default()),
        message: Some(message((Role::User, MessageType::Reply), text.clone(), None, &[])?),
    };
    // Boxed, because it is large.
    let created = Box::pin(conversations::create(store, command, key.as_ref())).await?;
    let conversation = &created.outcome.conversation;
    let body = json!({
        "type": "user_message",
        "id": conversation.newest_message_id.to_string(),
        "created_at": conversation.created_at().as_seconds(),
        "body": text.as_str(),
        "message_type": "inapp",
        "conversation_id": conversation.id.to_string(),
    });
    replayed(created.is_replay, respond(StatusCode::OK, &body))
}
