//! SMS through Twilio: <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>.

use serde_json::json;

use super::{Content, FORM, Faults, Outgoing, ProviderAddress, ProviderRequest, recipient};
use crate::{Conversation, ExternalId, Field, InboxSettings, SmsEncoding};

/// The most units of a text in its encoding: septets (GSM-7) or UTF-16 code units (UCS-2).
const TEXT: usize = 1600;

/// The characters of GSM 03.38 that take one septet, in the standard's order, without the escape character.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The characters that take two septets: the escape character and one more.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// The segments into which a network splits an SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Segments {
    /// The number of messages that are sent and billed.
    pub count: usize,
    /// The encoding. One character outside GSM-7 makes the whole text UCS-2.
    pub encoding: SmsEncoding,
    /// The length of the text in septets (GSM-7) or UTF-16 code units (UCS-2).
    pub units: usize,
}

/// Counts the segments of an SMS. A single segment has 160 septets or 70 code units, each of several has 153 or 67. A
/// character of two units is never split.
#[must_use]
pub fn segments(text: &str) -> Segments {
    let septets = |c| if BASIC.contains(c) { Some(1) } else { EXTENDED.contains(c).then_some(2) };
    let (encoding, widths, single, multiple): (_, Vec<usize>, _, _) = match text.chars().map(septets).collect() {
        Some(widths) => (SmsEncoding::Gsm7, widths, 160, 153),
        None => (SmsEncoding::Ucs2, text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    let units = widths.iter().sum();
    if units <= single {
        return Segments { count: 1, encoding, units };
    }
    let mut count = 1;
    let mut filled = 0;
    for width in widths {
        if filled + width > multiple {
            count += 1;
            filled = 0;
        }
        filled += width;
    }
    Segments { count, encoding, units }
}

pub(super) fn request(
    conversation: &Conversation,
    inbox: &InboxSettings,
    outgoing: &Outgoing,
    faults: &mut Faults,
    parts: &mut Option<Segments>,
) -> Vec<ProviderRequest> {
    let to = recipient::phone(conversation, outgoing, faults, recipient::is_dialled);
    let mut body = json!({ "To": to });
    match outgoing.from.as_ref().map(ProviderAddress::as_str).or(inbox.from.as_ref().map(ExternalId::as_str)) {
        // A messaging service chooses the sender number.
        Some(service) if service.starts_with("MG") && service.len() == 34 => {
            body["MessagingServiceSid"] = json!(service);
        }
        from => body["From"] = json!(from.unwrap_or("{from}")),
    }
    if let Some(text) = outgoing.content.text() {
        let counted = segments(text);
        let unit = match counted.encoding {
            SmsEncoding::Gsm7 => "GSM-7 characters",
            SmsEncoding::Ucs2 => "UCS-2 characters",
        };
        faults.limit(Field::Body, TEXT, counted.units, unit);
        body["Body"] = json!(text);
        *parts = Some(counted);
    }
    if let Content::Media(media, _) = &outgoing.content {
        body["MediaUrl"] = json!(media.url);
        // A message with media is an MMS, which has no segments.
        *parts = None;
    }
    let account = inbox.account_id.as_ref().and_then(|id| ProviderAddress::parse(id.to_string()).ok());
    let account = account.as_ref().map_or("{account-sid}", ProviderAddress::as_str);
    let url = format!("https://api.twilio.com/2010-04-01/Accounts/{account}/Messages.json");
    vec![ProviderRequest { url, content_type: std::borrow::Cow::Borrowed(FORM), body }]
}

#[cfg(test)]
mod tests {
    use super::{BASIC, EXTENDED, Segments, segments};
    use crate::SmsEncoding::{Gsm7, Ucs2};

    #[test]
    fn gsm7_has_127_characters_and_10_extended() {
        let basic: std::collections::BTreeSet<_> = BASIC.chars().collect();
        assert_eq!((BASIC.chars().count(), basic.len(), EXTENDED.chars().count()), (127, 127, 10));
        assert!(EXTENDED.chars().all(|c| !basic.contains(&c)));
    }

    #[test]
    fn segments_are_counted() {
        for (text, count, encoding, units) in [
            ("a".repeat(160), 1, Gsm7, 160),
            ("a".repeat(161), 2, Gsm7, 161),
            ("a".repeat(306), 2, Gsm7, 306),
            ("a".repeat(307), 3, Gsm7, 307),
            ("é\n@£ß".to_owned(), 1, Gsm7, 5),
            ("€".repeat(80), 1, Gsm7, 160),
            ("€".repeat(81), 2, Gsm7, 162),
            // An escape sequence is not split: 76 of them fit into a segment of 153.
            ("€".repeat(153), 3, Gsm7, 306),
            ("ç".to_owned(), 1, Ucs2, 1),
            ("a\tb".to_owned(), 1, Ucs2, 3),
            ("я".repeat(70), 1, Ucs2, 70),
            ("я".repeat(71), 2, Ucs2, 71),
            ("я".repeat(134), 2, Ucs2, 134),
            ("я".repeat(135), 3, Ucs2, 135),
            ("😀".repeat(35), 1, Ucs2, 70),
            // A surrogate pair is not split: 33 of them fit into a segment of 67.
            ("😀".repeat(67), 3, Ucs2, 134),
        ] {
            assert_eq!(segments(&text), Segments { count, encoding, units }, "{text}");
        }
    }
}
