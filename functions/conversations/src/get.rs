use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, CursorScope, IfNoneMatch, InvalidRequest, NoParameters, Principal, Reply, Unread, not_modified,
    ok, references::names, scope::ReadConversations, wire::MessageObject,
};
use deskless_domain::{ConversationId, Order};
use deskless_store::Thread;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    dto::{ConversationObject, ConversationResponse},
    own::{self, dto::EitherConversationResponse},
};

/// How many messages come with a conversation.
const INCLUDED: usize = 100;

/// What may come with a conversation.
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub enum Include {
    /// The beginning of its thread.
    Messages,
}

/// What else is wanted.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct GetConversationQuery {
    /// `messages`: the first 100 come beside the conversation. With a server key only.
    #[deserr(default)]
    #[param(inline)]
    include: Option<Include>,
}

/// One conversation with the beginning of its thread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationWithMessagesResponse {
    conversation: ConversationObject,
    /// Only with `include=messages`: the first 100, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<MessageObject>>,
    /// Only with `include=messages`: the `cursor` with which the list of messages goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages_next_cursor: Option<String>,
}

/// Retrieve a conversation
///
/// With its messages it has no `ETag`: what providers report of messages does not make another version of it.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        GetConversationQuery,
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer"),
    ),
    responses(
        (status = 200, description = "The conversation", body = EitherConversationResponse, headers(
            ("ETag" = Option<String>, description = "Its version"),
        )),
    ),
)]
pub async fn get_conversation(
    caller: Principal<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    query: ApiQuery<Unread>,
    known: IfNoneMatch,
) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => {
            let NoParameters {} = query.read()?;
            return own::get::get_conversation(&caller, id, &known).await;
        }
    };
    let query: GetConversationQuery = query.read()?;
    let store = caller.store();
    match query.include {
        None => {
            let conversation = store.get_conversation(id).await?;
            if known.holds(conversation.version) {
                return Ok(not_modified(conversation.version));
            }
            let names = names(store, [&conversation.placement]).await?;
            ok(Some(conversation.version), &ConversationResponse::new(&conversation, &names))
        }
        Some(Include::Messages) => {
            let thread = Thread { conversation: id, order: Order::Asc, after: None, limit: INCLUDED };
            let (conversation, page) = store.get_conversation_with_messages(thread).await?;
            let names = names(store, [&conversation.placement]).await?;
            let response = ConversationWithMessagesResponse {
                conversation: ConversationObject::new(&conversation, &names),
                messages: Some(page.messages.iter().map(MessageObject::from).collect()),
                messages_next_cursor: Some(
                    CursorScope::messages(store.workspace_id(), id, Order::Asc).encode_ids(&[page.next]),
                ),
            };
            ok(None, &response)
        }
    }
}
