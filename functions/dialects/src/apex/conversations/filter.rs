//! What the store filters of a query, and what is compared here.

use deskless_api::Problem;
use deskless_domain::{Assigned, ConversationFilter, CustomerId, Identifier, Status, Tag, Timestamp, ViewId};

use super::dto::{MESSAGE_SEARCH, SEARCH, VIEW, WAITING};
use crate::apex::{
    channel,
    error::bad_request,
    query::{Condition, Operator, Query},
};

/// The least characters of a search.
const MIN_SEARCH: usize = 3;

/// The filters of a query.
#[derive(Debug, Default)]
pub struct Filters {
    /// What the store filters.
    pub filter: ConversationFilter,
    /// The saved view.
    pub view: Option<ViewId>,
    /// The text that contacts and subjects are searched for, in lower case.
    pub search: Option<String>,
}

/// Moves from a query what the store filters. The conditions that stay are compared with each row.
///
/// # Errors
/// `BadRequest` for what is not supported.
pub fn take(query: &mut Query) -> Result<Filters, Problem> {
    if let Some(text) = query.take(MESSAGE_SEARCH)? {
        check_search(MESSAGE_SEARCH, &text)?;
        let message = "is not supported: messages have no full-text index. Use `searchTerm` for contacts and subjects";
        return Err(bad_request(MESSAGE_SEARCH, message));
    }
    let mut filters = Filters::default();
    if let Some(text) = query.take(SEARCH)? {
        check_search(SEARCH, &text)?;
        filters.search = Some(text.trim().to_lowercase());
    }
    if let Some(view) = query.take(VIEW)? {
        filters.view = Some(ViewId::parse(&view).ok_or_else(|| bad_request(VIEW, "must be the id of a view"))?);
    }
    if query.take(WAITING)?.as_deref() == Some("true") {
        filters.filter.awaiting_reply = Some(true);
    }
    query.all.retain(|condition| !take_condition(&mut filters.filter, condition));
    Ok(filters)
}

fn check_search(name: &str, text: &str) -> Result<(), Problem> {
    if text.trim().chars().count() < MIN_SEARCH {
        return Err(bad_request(name, format!("must have at least {MIN_SEARCH} characters")));
    }
    Ok(())
}

/// Adds a condition to the store's filter. Returns whether the filter is equivalent to it.
fn take_condition(filter: &mut ConversationFilter, condition: &Condition) -> bool {
    let Condition { field, operator, values } = condition;
    let [value] = values.as_slice() else { return false };
    match (field.name, operator, value.as_deref()) {
        ("status", Operator::In, Some(status)) => set_status(filter, status == "open"),
        ("status", Operator::NotIn, Some(status)) => set_status(filter, status != "open"),
        ("channel", Operator::In, Some(name)) => set_some(&mut filter.channel, channel::parse(name)),
        ("assigned_user_id", Operator::In, id) => set_some(&mut filter.assignee_id, assigned(id)),
        ("assigned_ai_assistant_id", Operator::In, id) => set_some(&mut filter.assistant_id, assigned(id)),
        ("pipeline_id", Operator::In, Some(id)) => set_some(&mut filter.pipeline_id, Identifier::parse(id)),
        ("pipeline_stage_id", Operator::In, Some(id)) => set_some(&mut filter.stage_id, Identifier::parse(id)),
        ("tag_id", Operator::In, Some(tag)) => set_some(&mut filter.tag, Tag::parse(tag.to_owned()).ok()),
        ("contact_id", Operator::In, Some(id)) => {
            set_some(&mut filter.customer_id, CustomerId::parse(id.to_owned()).ok())
        }
        ("unread_count", Operator::Greater, Some("0")) | ("unread_count", Operator::AtLeast, Some("1")) => {
            set(&mut filter.unread, true)
        }
        ("unread_count", Operator::In, Some("0")) => set(&mut filter.unread, false),
        ("created_at", Operator::AtLeast, Some(time)) => set_some(&mut filter.created_after, at(time, 0)),
        ("created_at", Operator::Greater, Some(time)) => set_some(&mut filter.created_after, at(time, 1)),
        ("created_at", Operator::Less, Some(time)) => set_some(&mut filter.created_before, at(time, 0)),
        ("created_at", Operator::AtMost, Some(time)) => set_some(&mut filter.created_before, at(time, 1)),
        _ => false,
    }
}

/// Filters by the service's status, if there is no such filter. Its open conversations are our open and waiting ones.
fn set_status(filter: &mut ConversationFilter, is_open: bool) -> bool {
    if filter.status.is_some() || !filter.any_status.is_empty() {
        return false;
    }
    *filter = with_status(filter.clone(), is_open);
    true
}

/// Adds the service's status to a filter.
pub fn with_status(filter: ConversationFilter, is_open: bool) -> ConversationFilter {
    if is_open {
        ConversationFilter { any_status: vec![Status::Open, Status::Waiting], ..filter }
    } else {
        ConversationFilter { status: Some(Status::Solved), ..filter }
    }
}

/// Sets a filter that is not set. Another condition on it is compared with each row.
fn set<T>(filter: &mut Option<T>, value: T) -> bool {
    set_some(filter, Some(value))
}

fn set_some<T>(filter: &mut Option<T>, value: Option<T>) -> bool {
    if filter.is_some() || value.is_none() {
        return false;
    }
    *filter = value;
    true
}

fn assigned<I: Identifier>(id: Option<&str>) -> Option<Assigned<I>> {
    match id {
        None => Some(Assigned::None),
        Some(id) => I::parse(id).map(Assigned::To),
    }
}

/// Returns a time plus some milliseconds.
fn at(time: &str, more: i64) -> Option<Timestamp> {
    Timestamp::parse(time).ok().map(|time| Timestamp::from_millis(time.as_millis() + more))
}
