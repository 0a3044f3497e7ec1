//! The service's objects.

use deskless_app::conversations::ConversationView;
use deskless_domain::Conversation;
use serde::Serialize;

use super::values::{Status, channel, priority};

/// A successful response.
#[derive(Debug, Serialize)]
pub struct Success<T> {
    success: bool,
    data: T,
}

impl<T> Success<T> {
    pub fn new(data: T) -> Self {
        Self { success: true, data }
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct SuccessPage<T> {
    success: bool,
    data: Vec<T>,
    pagination: Pagination,
}

impl<T> SuccessPage<T> {
    pub fn new(data: Vec<T>, total: u64, page: u64, limit: u64) -> Self {
        let total_pages = total.div_ceil(limit.max(1));
        Self { success: true, data, pagination: Pagination { total, page, limit, total_pages } }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    total: u64,
    page: u64,
    limit: u64,
    total_pages: u64,
}

/// A successful response with a text.
#[derive(Debug, Serialize)]
pub struct SuccessMessage {
    success: bool,
    message: &'static str,
}

impl SuccessMessage {
    pub fn new(message: &'static str) -> Self {
        Self { success: true, message }
    }
}

/// A conversation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationObject {
    #[serde(rename = "_id")]
    id: String,
    subject: String,
    status: Status,
    priority: String,
    customer_id: CustomerObject,
    assigned_to: Option<UserObject>,
    channel: &'static str,
    source: &'static str,
    inbox_id: Option<String>,
    created_at: String,
    updated_at: String,
}

/// The customer of a conversation.
#[derive(Debug, Serialize)]
struct CustomerObject {
    #[serde(rename = "_id")]
    id: String,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    company: Option<String>,
}

/// The user to whom a conversation is assigned.
#[derive(Debug, Serialize)]
struct UserObject {
    #[serde(rename = "_id")]
    id: String,
    name: Option<String>,
}

impl From<&ConversationView> for ConversationObject {
    fn from(ConversationView { conversation, names }: &ConversationView) -> Self {
        Self::new(conversation, names)
    }
}

impl ConversationObject {
    /// Renders a conversation with the names of what it refers to.
    pub fn new(conversation: &Conversation, names: &deskless_app::conversations::Names) -> Self {
        let details = &conversation.customer.details;
        let assigned_to = conversation.placement.assignee_id;
        Self {
            id: conversation.id.to_string(),
            subject: conversation.subject.to_string(),
            status: conversation.status.into(),
            priority: priority(&conversation.priority).to_owned(),
            customer_id: CustomerObject {
                id: conversation.customer.id.to_string(),
                name: details.name.as_ref().map(ToString::to_string),
                email: details.email.as_ref().map(ToString::to_string),
                phone: details.phone.as_ref().map(ToString::to_string),
                company: details.company.as_ref().map(ToString::to_string),
            },
            assigned_to: assigned_to
                .map(|id| UserObject { id: id.to_string(), name: names.member(id).map(|member| member.name.clone()) }),
            channel: channel(conversation.channel()),
            source: conversation.source.as_str(),
            inbox_id: conversation.placement.inbox_id.map(|id| id.to_string()),
            created_at: conversation.created_at().to_string(),
            updated_at: conversation.updated_at.to_string(),
        }
    }
}
