use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, InvalidRequest, Limit, Party, Reply, Unread, Walk, ok, scope::ReadConversations, wire::ListTag,
};
use deskless_domain::{Channel, CustomerId, Order, Status};
use deskless_store::{ConversationFilter, Position};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    dto::ConversationObject,
    own::{self, dto::EitherConversationListResponse},
};

/// Which conversations, how many, and in which direction.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListConversationsQuery {
    /// How many at the most.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit<20, 100>,
    /// Where the page before said to go on.
    #[deserr(default)]
    cursor: Option<String>,
    /// Newest activity first, unless it is turned round.
    #[deserr(default = Order::Desc)]
    #[param(inline, value_type = Option<Order>)]
    order: Order,
    /// Only those in this state.
    #[deserr(default)]
    status: Option<Status>,
    /// Only those on this channel.
    #[deserr(default)]
    channel: Option<Channel>,
    /// Only those with this customer.
    #[deserr(default)]
    customer_id: Option<CustomerId>,
}

/// A page of conversations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationListResponse {
    object: ListTag,
    /// Whether there may be more.
    has_more: bool,
    /// What to send as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
    conversations: Vec<ConversationObject>,
}

/// List conversations
///
/// By newest activity: the last reply, else the creation. A page may be short, even empty, and still say `hasMore`.
#[utoipa::path(
    get,
    path = "/api/v1/conversations",
    tag = "Conversations",
    params(
        ListConversationsQuery,
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer"),
    ),
    responses((status = 200, description = "A page of conversations", body = EitherConversationListResponse)),
)]
pub async fn list_conversations(caller: Party<ReadConversations>, query: ApiQuery<Unread>) -> Reply {
    let caller = match caller {
        Party::Server(caller) => caller,
        Party::Customer(caller) => return own::list::list_conversations(&caller, query.read()?).await,
    };
    let query: ListConversationsQuery = query.read()?;
    let walk = query.walk(&caller);
    let after = match &query.cursor {
        None => None,
        Some(cursor) => {
            let [frontier, until] = walk.places(cursor)?;
            Some(Position { frontier, until: (query.order == Order::Asc).then_some(until) })
        }
    };
    let filter = ConversationFilter { status: query.status, channel: query.channel, customer_id: query.customer_id };
    let page = caller.store().list_conversations(&filter, query.order, after, query.limit.0).await?;
    let next_cursor = page.next.map(|next| walk.cursor(&[next.frontier, next.until.unwrap_or(next.frontier)]));
    ok(
        None,
        &ConversationListResponse {
            object: ListTag,
            has_more: next_cursor.is_some(),
            next_cursor,
            conversations: page.conversations.iter().map(ConversationObject::from).collect(),
        },
    )
}

impl ListConversationsQuery {
    fn walk<S>(&self, caller: &Caller<S>) -> Walk {
        Walk::new(
            caller.store().workspace_id(),
            &[
                "conversations",
                self.order.as_str(),
                self.status.map_or("", Status::as_str),
                self.channel.map_or("", Channel::as_str),
                self.customer_id.as_ref().map_or("", CustomerId::as_str),
            ],
        )
    }
}
