use deskless_api::{ApiPath, Caller, Reply, scope::ReadConversations};
use deskless_app::conversations::{self, ConversationView, ListConversations, Walk};
use deskless_domain::{ConversationFilter, Order};
use serde::Serialize;

use crate::chatwoot::{conversations::objects, dto::ConversationObject, path::OfContact, query::shown};

/// The number of conversations that are shown.
const LIMIT: usize = 20;

#[derive(Serialize)]
struct Conversations {
    payload: Vec<ConversationObject>,
}

/// Returns the newest conversations of a contact.
pub async fn conversations(caller: Caller<ReadConversations>, ApiPath(path): ApiPath<OfContact>) -> Reply {
    let account = path.account.of(caller.store())?;
    let filter = ConversationFilter { customer_id: Some(path.contact), ..ConversationFilter::default() };
    let walk = Walk::ByActivity(Order::Desc, None);
    let command = ListConversations { filters: vec![filter], walk, limit: LIMIT };
    let list = conversations::list(caller.store(), &command).await?;
    let names = list.names;
    let views =
        list.conversations.into_iter().map(|conversation| ConversationView { conversation, names: names.clone() });
    shown(&Conversations { payload: objects(views, &account, caller.store().clock().now()) })
}
