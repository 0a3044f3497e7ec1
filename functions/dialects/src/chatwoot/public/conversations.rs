use deserr::Deserr;
use deskless_api::{
    ApiPath, Caller, Idempotent, InvalidRequest, Reply, replayed,
    scope::{ReadConversations, WriteConversations},
};
use deskless_app::conversations::{self, CreateConversation, ListConversations, Walk};
use deskless_domain::{
    Conversation, ConversationFilter, Customer, CustomerDetails, FieldChange, Inbox, Metadata, NewConversation, Order,
    Placement, PlacementPatch, Resolved, Source, Status, Tags, Timestamp,
};
use serde::Serialize;

use super::contacts::PublicContactObject;
use crate::chatwoot::{
    attributes::{Split, members},
    blank::Blank,
    conversations::subject_of,
    dto::{LastMessage, status_of},
    find, id,
    path::PublicContact,
    query::shown,
    status,
};

/// The number of conversations that are shown.
const LIMIT: usize = 20;

/// A conversation to create.
#[derive(Debug, Default, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct CreatePublicConversation {
    #[deserr(default)]
    custom_attributes: Blank<Metadata>,
}

/// A conversation as its contact sees it.
#[derive(Debug, Serialize)]
struct PublicConversationObject {
    id: u64,
    uuid: String,
    inbox_id: Option<u64>,
    contact_last_seen_at: i64,
    status: &'static str,
    agent_last_seen_at: i64,
    messages: Vec<LastMessage>,
    contact: PublicContactObject,
}

impl PublicConversationObject {
    fn new(conversation: &Conversation, now: Timestamp) -> Self {
        Self {
            id: id::number(conversation.id),
            uuid: conversation.id.to_string(),
            inbox_id: conversation.placement.inbox_id.map(id::number),
            contact_last_seen_at: 0,
            status: status_of(conversation, now),
            agent_last_seen_at: conversation.read_up_to.map_or(0, |message| message.time().as_seconds()),
            messages: LastMessage::of(conversation).into_iter().collect(),
            contact: PublicContactObject::from(&conversation.customer),
        }
    }
}

/// Lists the newest conversations of a contact in an inbox.
pub async fn list(caller: Caller<ReadConversations>, ApiPath(path): ApiPath<PublicContact>) -> Reply {
    let store = caller.store();
    let inbox = find::resource::<Inbox>(store, path.inbox).await?;
    let filter = ConversationFilter {
        customer_id: Some(path.contact),
        inbox_id: Some(inbox.id),
        ..ConversationFilter::default()
    };
    let walk = Walk::ByActivity(Order::Desc, None);
    let found = conversations::list(store, &ListConversations { filters: vec![filter], walk, limit: LIMIT }).await?;
    let now = store.clock().now();
    let objects: Vec<_> =
        found.conversations.iter().map(|conversation| PublicConversationObject::new(conversation, now)).collect();
    shown(&objects)
}

/// Creates a conversation of a contact in an inbox.
pub async fn create(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<PublicContact>,
    request: Idempotent<Option<CreatePublicConversation>>,
) -> Reply {
    let store = caller.store();
    let (request, key) = request.into_parts(&caller);
    let custom = request.unwrap_or_default().custom_attributes.0.as_ref().map(members).unwrap_or_default();
    let inbox = find::resource::<Inbox>(store, path.inbox).await?;
    let command = CreateConversation {
        conversation: NewConversation {
            channel: inbox.fields.channel,
            source: Source::Api,
            status: Resolved::No(Status::Open),
            escalated: false,
            priority: status::priority(None)?,
            subject: subject_of(None)?,
            external_id: None,
            session_key: None,
            placement: Placement::default(),
            snoozed_until: None,
            tags: Tags::default(),
            metadata: Split { custom, ..Split::default() }.join("custom_attributes")?,
        },
        placement: PlacementPatch { inbox_id: FieldChange::Set(inbox.id), ..PlacementPatch::default() },
        customer: Customer::of_server(path.contact, CustomerDetails::default()),
        message: None,
    };
    let created = Box::pin(conversations::create(store, command, key.as_ref())).await?;
    let object = PublicConversationObject::new(&created.outcome.conversation, store.clock().now());
    replayed(created.is_replay, shown(&object))
}
