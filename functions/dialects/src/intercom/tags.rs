//! Tags: texts on conversations. A tag needs no record, so creating one only returns its id.

use std::collections::BTreeSet;

use deserr::Deserr;
use deskless_api::{
    Actor, ApiPath, ApiQuery, Caller, Code, Idempotent, InvalidRequest, Json, NoParameters, Problem, Reply,
    dialect::respond,
    scope::{ReadConversations, WriteConversations},
};
use deskless_app::{
    AppError, IdempotencyKey,
    bulk::{self, CreateBulkAction, Target},
    conversations::{self, ListConversations, Walk},
};
use deskless_domain::{Action, ConversationFilter, Order, Tag, TagChange, Tags};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    error::not_found,
    exact,
    values::{Id, TagIds, invalid, refuse},
};

/// The number of the most recently active conversations whose tags are listed.
const LISTED_FROM: usize = 1000;
/// The number of times that a key can delete one tag in a day.
const MAX_DELETIONS: u32 = 20;
const NO_RESOURCE: &str = "Resource Not Found";

/// A tag to create.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct CreateTagRequest {
    name: Tag,
    #[deserr(default)]
    id: Option<Id>,
    #[deserr(default)]
    companies: Option<Json>,
    #[deserr(default)]
    users: Option<Json>,
}

fn shape(ids: &TagIds, tag: &Tag) -> Value {
    json!({ "type": "tag", "id": ids.id(tag), "name": tag.as_str() })
}

/// Create a tag. It is listed when a conversation has it.
pub async fn create_tag(
    caller: Caller<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateTagRequest>,
) -> Reply {
    let CreateTagRequest { name, id, companies, users } = request.body;
    refuse(&[("companies", &companies), ("users", &users)])?;
    let ids = TagIds::new(caller.store().workspace_id());
    if id.is_some_and(|id| id.0 != ids.id(&name)) {
        return Err(invalid("id", "must be the id of this name: tags cannot be renamed. Leave it out"));
    }
    respond(StatusCode::OK, &shape(&ids, &name))
}

/// List the tags of the most recently active conversations, by name.
pub async fn list_tags(caller: Caller<ReadConversations>, ApiQuery(NoParameters {}): ApiQuery<NoParameters>) -> Reply {
    let store = caller.store();
    let mut command =
        ListConversations { filters: Vec::new(), walk: Walk::ByActivity(Order::Desc, None), limit: LISTED_FROM };
    let (mut tags, mut read) = (BTreeSet::new(), 0);
    let is_all = loop {
        let page = conversations::list(store, &command).await?;
        read += page.conversations.len();
        tags.extend(page.conversations.into_iter().flat_map(|row| row.tags.as_slice().to_vec()));
        match page.next {
            Some(next) if read < LISTED_FROM => command.walk = next,
            next => break next.is_none(),
        }
    };
    let ids = TagIds::new(store.workspace_id());
    let data: Vec<_> = tags.iter().map(|tag| shape(&ids, tag)).collect();
    exact(is_all, respond(StatusCode::OK, &json!({ "type": "list", "data": data })))
}

/// Get a tag.
pub async fn get_tag(
    caller: Caller<ReadConversations>,
    ApiPath(id): ApiPath<String>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let ids = TagIds::new(caller.store().workspace_id());
    let tag = ids.tag(&id).ok_or_else(|| not_found(NO_RESOURCE))?;
    respond(StatusCode::OK, &shape(&ids, &tag))
}

/// Delete a tag: a bulk action removes it from all conversations in the background.
pub async fn delete_tag(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<String>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let store = caller.store();
    let tag = TagIds::new(store.workspace_id()).tag(&id).ok_or_else(|| not_found(NO_RESOURCE))?;
    let remove = Tags::parse(vec![tag.clone()]).map_err(|error| invalid("tag_id", error.message))?;
    let change = TagChange::new(Tags::default(), remove).map_err(AppError::from)?;
    let command = CreateBulkAction {
        action: Action::Tag(change),
        target: Target::Filter(ConversationFilter { tag: Some(tag), ..ConversationFilter::default() }),
        all: false,
        dry_run: false,
        key: caller.credential().id,
    };
    for number in 1..=MAX_DELETIONS {
        // While a bulk action removes the tag, a repeat creates no second one.
        let key = IdempotencyKey::new(format!("{}intercom tag\n{id}\n{number}", caller.identity()), id.clone());
        let created = bulk::create(store, command.clone(), Some(&key)).await?;
        if !created.is_replay || bulk::get(store, created.outcome.id).await?.finished_at.is_none() {
            return respond(StatusCode::OK, &json!({}));
        }
    }
    Err(Problem::new(Code::Conflict, "The tag was deleted too often today. Remove it from its conversations"))
}
