//! The service's statuses and priorities.

use deskless_domain::{Conversation, FieldChange, Priority, Resolved, Status, StatusChange, Timestamp};

use super::query::invalid;
use deskless_api::Problem;

/// The end of a snooze without an end: 9999-12-31T23:59:59Z. The customer's next reply ends it.
pub const NO_END: Timestamp = Timestamp::from_millis(253_402_300_799_000);

/// Returns the end of a conversation's snooze, if it is snoozed now and the snooze has an end.
pub fn end_of_snooze(conversation: &Conversation, now: Timestamp) -> Option<Timestamp> {
    conversation.snoozed_until.filter(|&until| until > now && until.as_seconds() < NO_END.as_seconds())
}

/// What a status of the service is in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusOf {
    /// Our status.
    pub status: Resolved,
    /// The end of the snooze.
    pub snoozed_until: FieldChange<Timestamp>,
}

impl StatusOf {
    /// Parses a status of the service.
    ///
    /// # Errors
    /// `invalid_request` for another status.
    pub fn parse(status: &str, snoozed_until: Option<Timestamp>) -> Result<Self, Problem> {
        let (status, snoozed_until) = match status {
            "open" => (Resolved::No(Status::Open), FieldChange::Clear),
            "pending" => (Resolved::No(Status::Waiting), FieldChange::Clear),
            "resolved" => (Resolved::Yes(None), FieldChange::Clear),
            "snoozed" => (Resolved::No(Status::Open), FieldChange::Set(snoozed_until.unwrap_or(NO_END))),
            _ => return Err(invalid("status", "must be one of open, resolved, pending, snoozed")),
        };
        Ok(Self { status, snoozed_until })
    }

    /// Returns the change of the status.
    pub fn change(self) -> StatusChange {
        StatusChange::Status(self.status)
    }
}

/// Parses a priority of the service. None is our priority `none`.
///
/// # Errors
/// `invalid_request` for another priority.
pub fn priority(text: Option<&str>) -> Result<Priority, Problem> {
    let text = text.unwrap_or("none");
    let known = ["none", "low", "medium", "high", "urgent"].contains(&text);
    let parsed = known.then(|| Priority::parse(text.to_owned()).ok()).flatten();
    parsed.ok_or_else(|| invalid("priority", "must be one of none, low, medium, high, urgent"))
}
