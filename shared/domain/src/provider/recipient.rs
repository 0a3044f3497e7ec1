//! The recipient of a message: from the request, else from the conversation's session key, else from the customer.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use super::{Faults, Outgoing};
use crate::{Channel, Conversation, Field, characters::is_invisible};

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

/// Returns a phone number in E.164, if it has its country code: after `+`, after `00` or in a `tel:` URI (RFC 3966). Separators of
/// all kinds, invisible characters and a trunk prefix as in `+49 (0) 170` are removed. `None` for a number with letters or an
/// extension, to which no message can be sent.
pub(super) fn e164(text: &str) -> Option<String> {
    let seen: String = text.chars().filter(|&c| !is_invisible(c)).collect();
    let seen = seen.trim();
    let number = seen.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:")).map_or(seen, |_| &seen[4..]);
    let international = match number.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None if number.starts_with(['+', '\u{ff0b}']) => number.to_owned(),
        None => return None,
    };
    if international.chars().any(|c| c.is_alphabetic() || matches!(c, ';' | ',' | '#' | '*')) {
        return None;
    }
    let parsed = PHONE_NUMBER_UTIL.parse(&international, None).ok().filter(|parsed| parsed.extension().is_empty())?;
    // A number can begin with zeros in its own country. Only a valid one has `00` in place of `+`.
    let is_known = number.starts_with("00") && !parsed.is_valid();
    Some(parsed.format_as(PhoneNumberFormat::E164).into_owned()).filter(|e164| !is_known && is_dialled(e164))
}

/// Returns the customer's phone number, or adds an error.
pub(super) fn phone(
    conversation: &Conversation,
    outgoing: &Outgoing,
    faults: &mut Faults,
    fits: fn(&str) -> bool,
) -> String {
    // Without a country code, the number could belong to someone else.
    let known = conversation.customer.details.phone.as_ref().and_then(|phone| e164(phone.as_str()));
    let missing = "is required, because neither `sessionKey` nor the customer's phone is a phone number with its country code, \
                   such as +491701234567";
    choose(
        conversation,
        outgoing,
        faults,
        |text| e164(text).or_else(|| fits(text).then(|| text.to_owned())),
        known,
        missing,
    )
}

/// Returns Meta's scoped id of the customer, or adds an error.
pub(super) fn scoped_id(conversation: &Conversation, outgoing: &Outgoing, faults: &mut Faults) -> String {
    let known = Some(conversation.customer.id.to_string()).filter(|id| is_scoped_id(id));
    let missing = "is required, because neither `sessionKey` nor the customer's id is a scoped id of Meta";
    choose(conversation, outgoing, faults, |text| is_scoped_id(text).then(|| text.to_owned()), known, missing)
}

/// Chooses the recipient. `address` returns the address that a text means on the channel.
fn choose(
    conversation: &Conversation,
    outgoing: &Outgoing,
    faults: &mut Faults,
    address: impl Fn(&str) -> Option<String>,
    known: Option<String>,
    missing: &str,
) -> String {
    if let Some(to) = &outgoing.to {
        return address(to.as_str()).unwrap_or_else(|| {
            let example = match conversation.channel() {
                Channel::Sms | Channel::WhatsApp => ": a phone number with its country code, such as +491701234567",
                _ => "",
            };
            let message = format!("must be an address on the channel {}{example}", conversation.channel());
            faults.add(Field::Recipient, "invalid", message);
            String::new()
        });
    }
    let prefix = format!("{}_", conversation.channel());
    let key = conversation.session_key.as_ref().and_then(|key| key.as_str().strip_prefix(&prefix));
    key.and_then(address).or(known).unwrap_or_else(|| {
        faults.add(Field::Recipient, "required", missing);
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use super::e164;

    #[test]
    fn phone_number_is_canonical() {
        for text in [
            "+491701234567",
            "+49 (0) 170 1234567",
            "+49 0170 1234567",
            "+49\u{a0}170\u{2011}123\u{2010}4567",
            "\u{202a}+49 170 1234567\u{202c}",
            "\u{2066}+49\u{200b}1701234567\u{2069}",
            "\u{ff0b}\u{ff14}\u{ff19} \u{ff11}70 1234567",
            "+\u{664}\u{669} 170 1234567",
            "+49/170.1234-567",
            "0049 170 1234567",
            "tel:+49-170-1234567",
            "TEL:+49(0)1701234567",
        ] {
            assert_eq!(e164(text).as_deref(), Some("+491701234567"), "{text:?}");
        }
        assert_eq!(e164("+39 06 1234 5678").as_deref(), Some("+390612345678"), "a zero that belongs to the number");
        assert_eq!(e164("+1 (202) 555-0100").as_deref(), Some("+12025550100"));
    }

    #[test]
    fn number_that_cannot_be_sent_to_is_none() {
        for text in [
            "",
            "+",
            "0170 1234567",
            "1701234567",
            "00",
            "00170",
            "+1-800-FLOWERS",
            "+49 170 1234567 ext. 5",
            "+49 170 1234567;ext=5",
            "+49 170 1234567,,5",
            "+49 170 1234567#5",
            "tel:0170-1234567;phone-context=+49",
            "call +49 170 1234567",
            "+999 123456",
            "+49 1",
            "+49 170 1234567 1234567 1234567",
        ] {
            assert_eq!(e164(text), None, "{text:?}");
        }
    }
}
