//! The recipient of a message: from the request, else from the conversation's session key, else from the customer.

use super::{Faults, Outgoing};
use crate::{Conversation, Field};

/// Returns whether a text is a phone number with its country code, with or without `+`. E.164 allows at most 15 digits.
pub(super) fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

/// Returns whether a text is a phone number with its country code and `+`.
pub(super) fn is_dialled(text: &str) -> bool {
    text.starts_with('+') && is_phone(text)
}

/// Returns whether a text is a scoped id, which Meta assigns to a person per page or account.
pub(super) fn is_scoped_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Removes the separators from a phone number.
fn plain(phone: &str) -> String {
    phone.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}')).collect()
}

/// Returns the customer's phone number, or adds an error.
pub(super) fn phone(
    conversation: &Conversation,
    outgoing: &Outgoing,
    faults: &mut Faults,
    fits: fn(&str) -> bool,
) -> String {
    // Without a country code, the number could belong to someone else.
    let known =
        conversation.customer.details.phone.as_ref().map(|phone| plain(phone.as_str())).filter(|p| is_dialled(p));
    let missing =
        "is required, because neither `sessionKey` nor the customer's phone is a phone number with its country code";
    choose(conversation, outgoing, faults, fits, known, missing)
}

/// Returns Meta's scoped id of the customer, or adds an error.
pub(super) fn scoped_id(conversation: &Conversation, outgoing: &Outgoing, faults: &mut Faults) -> String {
    let known = Some(conversation.customer.id.to_string()).filter(|id| is_scoped_id(id));
    let missing = "is required, because neither `sessionKey` nor the customer's id is a scoped id of Meta";
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
            faults.add(
                Field::Recipient,
                "invalid",
                format!("must be an address on the channel {}", conversation.channel()),
            );
        }
        return to.to_string();
    }
    let prefix = format!("{}_", conversation.channel());
    let key = conversation.session_key.as_ref().and_then(|key| key.as_str().strip_prefix(&prefix));
    key.filter(|key| fits(key)).map(str::to_owned).or(known).unwrap_or_else(|| {
        faults.add(Field::Recipient, "required", missing);
        String::new()
    })
}
