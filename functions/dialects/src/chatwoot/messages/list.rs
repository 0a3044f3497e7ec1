use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, Code, InvalidRequest, Problem, Reply, scope::ReadConversations};
use deskless_app::{
    TenantStore,
    messages::{self, Thread},
};
use deskless_domain::{ConversationId, Message, MessageId, Order, Tags};
use serde::Serialize;

use crate::chatwoot::{
    attributes::{Attributes, Split},
    dto::{ContactObject, MessageObject},
    find,
    id::Wanted,
    path::OfConversation,
    query::{invalid, shown},
};

/// The number of messages on a page.
const SIZE: usize = 20;
/// The number of messages on a page of newer messages.
const NEWER_SIZE: usize = 100;

/// The bytes of texts after which a page is not filled up any more. As JSON, they can be twice as many. A function returns at most 6 MB.
const ENOUGH_BYTES: usize = 2 * 1024 * 1024;

/// The parameters of the list.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListMessages {
    #[deserr(default)]
    before: Option<Wanted<MessageId>>,
    #[deserr(default)]
    after: Option<Wanted<MessageId>>,
}

#[derive(Serialize)]
struct Messages<'a> {
    meta: Meta<'a>,
    payload: Vec<MessageObject>,
}

#[derive(Serialize)]
struct Meta<'a> {
    labels: &'a Tags,
    additional_attributes: Attributes,
    contact: ContactObject,
    agent_last_seen_at: Option<i64>,
}

/// Lists messages, oldest first: the newest 20, 20 before one, or 100 after one.
pub async fn list(
    caller: Caller<ReadConversations>,
    ApiPath(path): ApiPath<OfConversation>,
    ApiQuery(query): ApiQuery<ListMessages>,
) -> Reply {
    let store = caller.store();
    let _ = path.account.of(store)?;
    let conversation = find::conversation(store, path.conversation).await?.conversation;
    let id = conversation.id;
    let found = match (query.before, query.after) {
        (Some(_), Some(_)) => return Err(invalid("before", "must not be sent together with `after`")),
        (None, Some(after)) => {
            let after = Some(position(store, id, after).await?);
            messages::list(store, Thread { conversation: id, order: Order::Asc, after, limit: NEWER_SIZE })
                .await?
                .messages
        }
        (before, None) => {
            let before = match before {
                Some(before) => Some(position(store, id, before).await?),
                None => None,
            };
            newest(store, id, before, |_| true).await?
        }
    };
    let meta = Meta {
        labels: &conversation.tags,
        additional_attributes: Split::of(&conversation.metadata).more.additional_attributes,
        contact: ContactObject::of(&conversation.customer),
        agent_last_seen_at: conversation.read_up_to.map(|message| message.time().as_seconds()),
    };
    let payload = found.iter().map(|message| MessageObject::new(message, &conversation)).collect();
    shown(&Messages { meta, payload })
}

/// Returns the newest 20 messages before one that are wanted, oldest first; fewer if they are long.
pub async fn newest(
    store: &TenantStore,
    conversation: ConversationId,
    before: Option<MessageId>,
    is_wanted: impl Fn(&Message) -> bool,
) -> Result<Vec<Message>, Problem> {
    let (mut found, mut bytes, mut after) = (Vec::new(), 0, before);
    'pages: loop {
        let page = messages::list(store, Thread { conversation, order: Order::Desc, after, limit: SIZE }).await?;
        for message in page.messages.into_iter().filter(&is_wanted) {
            bytes += message.draft.body.as_ref().map_or(0, |body| body.as_str().len());
            found.push(message);
            if found.len() == SIZE || bytes > ENOUGH_BYTES {
                break 'pages;
            }
        }
        if !page.has_more {
            break;
        }
        after = Some(page.next);
    }
    found.reverse();
    Ok(found)
}

/// Returns the position of a message, or that of its time if it was deleted.
async fn position(
    store: &TenantStore,
    conversation: ConversationId,
    wanted: Wanted<MessageId>,
) -> Result<MessageId, Problem> {
    if let Wanted::Id(id) = wanted {
        return Ok(id);
    }
    match find::message(store, conversation, wanted).await {
        Ok(message) => Ok(message.id),
        Err(problem) if problem.code() == Code::NotFound => Ok(MessageId::before(wanted.created().before)),
        Err(problem) => Err(problem),
    }
}
