use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, CursorScope, IfNoneMatch, InvalidRequest, NoParameters, Principal, RawBody, Reply, ok,
    scope::ReadConversations, wire::MessageObject,
};
use deskless_app::{conversations, messages::Thread};
use deskless_domain::{ConversationId, Order};
use utoipa::{IntoParams, ToSchema};

use crate::{
    customer_view,
    dto::{ConversationObject, ConversationResponse, ConversationWithMessagesResponse},
};

/// The number of messages in the response with `include=messages`.
const INCLUDED: usize = 100;

/// A related resource to include in the response.
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub enum Include {
    /// The first 100 messages of the conversation.
    Messages,
}

/// The related resources to include.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct GetConversationQuery {
    /// `messages` includes the first 100 messages.
    #[deserr(default)]
    #[param(inline)]
    include: Option<Include>,
}

/// Retrieve a conversation
///
/// Returns the conversation. With `include=messages`, the response has no `ETag`.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        GetConversationQuery,
    ),
    responses(
        (status = 200, description = "The conversation", body = ConversationWithMessagesResponse, headers(
            ("ETag" = Option<String>, description = "The version"),
        )),
    ),
)]
pub async fn get_conversation(
    caller: Principal<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    query: ApiQuery<RawBody>,
    _: IfNoneMatch,
) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => {
            let NoParameters {} = query.read()?;
            return customer_view::get::get_conversation(&caller, id).await;
        }
    };
    let query: GetConversationQuery = query.read()?;
    let store = caller.store();
    match query.include {
        None => {
            let view = conversations::get(store, id).await?;
            ok(view.conversation.version, &ConversationResponse::from(&view))
        }
        Some(Include::Messages) => {
            let thread = Thread { conversation: id, order: Order::Asc, after: None, limit: INCLUDED };
            let (view, page) = conversations::get_with_messages(store, thread).await?;
            let scope = CursorScope::messages(store.workspace_id(), id, Order::Asc);
            let response = ConversationWithMessagesResponse {
                conversation: ConversationObject::new(&view.conversation, &view.names),
                messages: Some(page.messages.iter().map(MessageObject::from).collect()),
                messages_next_cursor: Some(scope.encode_ids(&[page.next])),
            };
            ok(None, &response)
        }
    }
}
