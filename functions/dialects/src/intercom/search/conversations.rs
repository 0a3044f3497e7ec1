//! The search of conversations.

use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, Idempotent, InvalidRequest, Json, NoParameters, Reply, scope::ReadConversations};
use deskless_domain::{Assigned, Conversation, ConversationFilter, CustomerId, Email, MemberId, Status, Timestamp};

use super::{
    Condition, Operator, Query, Test,
    test::{Field, Kind},
};
use crate::intercom::{
    conversations::list::page,
    pages::Pagination,
    shape::conversation::{is_priority, state, waiting_since},
};

/// The body of a search.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct SearchRequest {
    /// The conditions.
    pub query: Json,
    /// The page.
    #[deserr(default)]
    pub pagination: Option<Pagination>,
    /// The order, which cannot be chosen.
    #[deserr(default)]
    pub sort: Option<Json>,
}

/// Search for conversations, sorted by activity, newest first.
pub async fn search_conversations(
    caller: Caller<ReadConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<SearchRequest>,
) -> Reply {
    let SearchRequest { query, pagination, sort } = request.body;
    crate::intercom::values::refuse(&[("sort", &sort)])?;
    let (per_page, cursor) = Pagination::parts(pagination, 20)?;
    let parsed = Query::parse(&query)?;
    let query = ConversationQuery::of(&parsed, query.to_string())?;
    page(&caller, query, per_page, cursor.as_deref()).await
}

/// A query of conversations.
pub struct ConversationQuery {
    /// The query, for the scope of its cursors.
    pub text: String,
    /// The part that the store filters by.
    pub pushed: Pushed,
    /// The test of each conversation that it returns.
    pub test: Test<Conversation>,
}

/// What the store filters by.
#[derive(Debug, Default)]
pub struct Pushed {
    /// Filters that must all match.
    pub filters: Vec<ConversationFilter>,
    /// Whether they say all that the query says.
    pub is_all: bool,
}

impl ConversationQuery {
    /// Returns the query that matches every conversation.
    pub fn all() -> Self {
        Self { text: String::new(), pushed: Pushed { filters: Vec::new(), is_all: true }, test: Test::pass() }
    }

    fn of(query: &Query, text: String) -> Result<Self, deskless_api::Problem> {
        Ok(Self { text, pushed: Pushed::of(query), test: Test::of(query, FIELDS)? })
    }
}

impl Pushed {
    fn of(query: &Query) -> Self {
        let mut pushed = Self { filters: Vec::new(), is_all: true };
        pushed.add(query);
        pushed
    }

    fn add(&mut self, query: &Query) {
        match query {
            Query::All(parts) => parts.iter().for_each(|part| self.add(part)),
            Query::Any(parts) if parts.len() == 1 => self.add(&parts[0]),
            Query::Any(_) => self.is_all = false,
            Query::Is(condition) => match filter(condition) {
                Some((filter, is_exact)) => {
                    self.filters.push(filter);
                    self.is_all &= is_exact;
                }
                None => self.is_all = false,
            },
        }
    }
}

/// Returns the filter that a condition implies, and whether it implies the condition.
fn filter(condition: &Condition) -> Option<(ConversationFilter, bool)> {
    let Condition { field, operator, values } = condition;
    let value = values.first().filter(|_| values.len() == 1)?.as_str();
    let none = ConversationFilter::default();
    if field == "created_at" {
        let second = |seconds: i64| Some(Timestamp::from_millis(seconds.checked_mul(1000)?));
        let seconds: i64 = value.parse().ok()?;
        let after = |seconds: i64| Some(ConversationFilter { created_after: Some(second(seconds)?), ..none.clone() });
        let before = |seconds: i64| Some(ConversationFilter { created_before: Some(second(seconds)?), ..none.clone() });
        let filter = match operator {
            Operator::Greater => after(seconds.checked_add(1)?)?,
            Operator::AtLeast => after(seconds)?,
            Operator::Less => before(seconds)?,
            Operator::AtMost => before(seconds.checked_add(1)?)?,
            _ => return None,
        };
        return Some((filter, true));
    }
    if !matches!(operator, Operator::Equal | Operator::In) {
        return None;
    }
    Some(match (field.as_str(), value) {
        ("state", "closed") | ("open", "false") => (ConversationFilter { status: Some(Status::Solved), ..none }, true),
        ("state", "snoozed") => (ConversationFilter { snoozed: Some(true), ..none }, false),
        ("state", "open") => (ConversationFilter { snoozed: Some(false), ..none }, false),
        ("read", "true" | "false") => (ConversationFilter { unread: Some(value == "false"), ..none }, true),
        ("admin_assignee_id", "0" | "null") => (ConversationFilter { assignee_id: Some(Assigned::None), ..none }, true),
        ("admin_assignee_id", id) => {
            let id = MemberId::parse(id).filter(|member| member.to_string() == id)?;
            (ConversationFilter { assignee_id: Some(Assigned::To(id)), ..none }, true)
        }
        ("contact_ids" | "source.author.id", id) => {
            (ConversationFilter { customer_id: Some(CustomerId::parse(id.to_owned()).ok()?), ..none }, true)
        }
        ("source.author.email", email) => {
            (ConversationFilter { customer_email: Some(Email::parse(email.to_owned()).ok()?), ..none }, false)
        }
        _ => return None,
    })
}

const FIELDS: &[Field<Conversation>] = &[
    Field { name: "id", kind: Kind::Keyword(|row, _| vec![row.id.to_string()]) },
    Field { name: "created_at", kind: Kind::Time(|row| Some(row.created_at().as_seconds())) },
    Field { name: "updated_at", kind: Kind::Time(|row| Some(row.updated_at.as_seconds())) },
    Field { name: "waiting_since", kind: Kind::Time(waiting_since) },
    Field { name: "snoozed_until", kind: Kind::Time(|row| row.snoozed_until.map(Timestamp::as_seconds)) },
    Field { name: "title", kind: Kind::Text(|row, _| vec![row.subject.to_string()]) },
    Field { name: "open", kind: Kind::Flag(|row, _| row.status != Status::Solved) },
    Field { name: "state", kind: Kind::Keyword(|row, context| vec![state(row, context.now).to_owned()]) },
    Field { name: "read", kind: Kind::Flag(|row, _| row.unread_count == 0) },
    Field {
        name: "priority",
        kind: Kind::Keyword(|row, _| vec![if is_priority(row) { "priority" } else { "not_priority" }.to_owned()]),
    },
    Field {
        name: "admin_assignee_id",
        kind: Kind::Keyword(|row, _| match row.placement.assignee_id {
            Some(id) => vec![id.to_string()],
            None => vec!["0".to_owned(), "null".to_owned()],
        }),
    },
    Field { name: "contact_ids", kind: Kind::Keyword(|row, _| vec![row.customer.id.to_string()]) },
    Field { name: "source.author.id", kind: Kind::Keyword(|row, _| vec![row.customer.id.to_string()]) },
    Field {
        name: "source.author.email",
        kind: Kind::Text(|row, _| row.customer.verified_email().map(ToString::to_string).into_iter().collect()),
    },
    Field {
        name: "tag_ids",
        kind: Kind::Keyword(|row, context| row.tags.as_slice().iter().map(|tag| context.tags.id(tag)).collect()),
    },
];
