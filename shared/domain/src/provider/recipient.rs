//! Where a message goes: what the request says, else the conversation's session key, else the customer.

use super::{Faults, Outgoing};
use crate::Conversation;

/// A telephone number with its country's code, with or without `+` (E.164: at most 15 digits).
pub(super) fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

/// The same, where the `+` is needed.
pub(super) fn is_dialled(text: &str) -> bool {
    text.starts_with('+') && is_phone(text)
}

/// An id that Meta gives a person for one page or account.
pub(super) fn is_scoped_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A telephone number as people write it, without what makes it legible.
fn plain(phone: &str) -> String {
    phone.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}')).collect()
}

/// The customer's number.
pub(super) fn phone(
    conversation: &Conversation,
    outgoing: &Outgoing,
    faults: &mut Faults,
    fits: fn(&str) -> bool,
) -> String {
    // A number that was written by hand without its country's code would be somebody else's.
    let known =
        conversation.customer.details.phone.as_ref().map(|phone| plain(phone.as_str())).filter(|p| is_dialled(p));
    let missing = "is required: neither the sessionKey nor the customer's phone is a number with its country's code";
    choose(conversation, outgoing, faults, fits, known, missing)
}

/// Meta's id of the customer.
pub(super) fn scoped_id(conversation: &Conversation, outgoing: &Outgoing, faults: &mut Faults) -> String {
    let known = Some(conversation.customer.id.to_string()).filter(|id| is_scoped_id(id));
    let missing = "is required: neither the sessionKey nor the customer's id is one that Meta gives";
    choose(conversation, outgoing, faults, is_scoped_id, known, missing)
}

fn choose(
    conversation: &Conversation,
    outgoing: &Outgoing,
    faults: &mut Faults,
    fits: fn(&str) -> bool,
    known: Option<String>,
    missing: &str,
) -> String {
    if let Some(to) = &outgoing.to {
        if !fits(to.as_str()) {
            faults.add("to", "invalid", format!("is nobody's address on {}", conversation.channel()));
        }
        return to.to_string();
    }
    let prefix = format!("{}_", conversation.channel());
    let key = conversation.session_key.as_ref().and_then(|key| key.as_str().strip_prefix(&prefix));
    match key.filter(|key| fits(key)).map(str::to_owned).or(known) {
        Some(to) => to,
        None => {
            faults.add("to", "required", missing);
            String::new()
        }
    }
}
