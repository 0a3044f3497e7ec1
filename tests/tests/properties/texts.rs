use deskless_domain::{
    CompanyName, CustomerId, Email, ExternalId, FileTitle, Invalid, MessageBody, PersonName, PhoneNumber, Priority,
    SessionKey, Subject, Tag, Tags, Template, Title, WebhookUrl,
};
use proptest::{collection::vec, prelude::*, sample::Index};
use utoipa::PartialSchema;

use crate::support::{TRICKY, characters, check};

/// A type of text and its limits.
struct Kind {
    name: &'static str,
    max: usize,
    lines: bool,
    parse: fn(String) -> Result<String, Invalid>,
    schema: fn() -> serde_json::Value,
}

macro_rules! kind {
    ($name:ident, $lines:literal) => {
        Kind {
            name: stringify!($name),
            max: $name::MAX,
            lines: $lines,
            parse: |text| $name::parse(text).map(|text| text.as_str().to_owned()),
            schema: || serde_json::to_value($name::schema()).expect("a schema"),
        }
    };
}

const KINDS: &[Kind] = &[
    kind!(Subject, false),
    kind!(Priority, false),
    kind!(ExternalId, false),
    kind!(SessionKey, false),
    kind!(PersonName, false),
    kind!(CompanyName, false),
    kind!(PhoneNumber, false),
    kind!(MessageBody, true),
    kind!(Tag, false),
    kind!(Title, false),
    kind!(Template, true),
    kind!(FileTitle, false),
];

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn visible() -> impl Strategy<Value = char> {
    characters().prop_map(|c| if c.is_control() || is_blank(c) { 'x' } else { c })
}

/// Generates a text of this length that starts with these characters.
fn of_length(pattern: &[char], length: usize) -> String {
    pattern.iter().cycle().take(length).collect()
}

#[test]
fn text_length_limit_counts_characters() {
    check(100, &(vec(visible(), 1..9), 1..12_usize), |(pattern, more)| {
        for kind in KINDS {
            for length in [1, kind.max / 2, kind.max - 1, kind.max] {
                let text = of_length(&pattern, length);
                assert_eq!((kind.parse)(text.clone()), Ok(text), "{} of {length}", kind.name);
            }
            let refused = (kind.parse)(of_length(&pattern, kind.max + more)).expect_err(kind.name);
            let told = format!("must be at most {} characters; it has {}", kind.max, kind.max + more);
            assert_eq!((refused.code, refused.message), ("too_long", told), "{}", kind.name);
        }
    });
}

#[test]
fn control_characters_are_refused_anywhere() {
    let controls: Vec<char> = (0..=0x9f_u8).map(char::from).filter(|c| c.is_control()).collect();
    check(300, &(vec(visible(), 1..30), any::<Index>(), proptest::sample::select(controls)), |(text, at, control)| {
        let mut text = text;
        text.insert(at.index(text.len() + 1), control);
        let text: String = text.into_iter().collect();
        for kind in KINDS {
            let line = kind.lines && matches!(control, '\n' | '\r' | '\t');
            let code = (kind.parse)(text.clone()).map_err(|refused| refused.code);
            assert_eq!(code, if line { Ok(text.clone()) } else { Err("control_character") }, "{}", kind.name);
        }
    });
}

#[test]
fn blank_text_is_refused_and_padding_is_kept() {
    let blanks: Vec<char> = (' '..=char::MAX).filter(|&c| is_blank(c) && !c.is_control()).collect();
    let blank = || vec(proptest::sample::select(blanks.clone()), 1..30);
    check(200, &(blank(), blank(), visible()), |(front, behind, seen)| {
        let front: String = front.into_iter().collect();
        let around = format!("{front}{seen}{}", behind.iter().collect::<String>());
        for kind in KINDS.iter().filter(|kind| kind.max >= 64) {
            assert_eq!((kind.parse)(front.clone()).map_err(|refused| refused.code), Err("blank"), "{}", kind.name);
            assert_eq!((kind.parse)(around.clone()), Ok(around.clone()), "{}", kind.name);
        }
    });
}

#[test]
fn parsing_agrees_with_published_schema() {
    let validators: Vec<_> =
        KINDS.iter().map(|kind| (kind, jsonschema::validator_for(&(kind.schema)()).expect("a valid schema"))).collect();
    // The validator's `\s` omits some of the spaces of ECMAScript's.
    let known = |c: &char| !c.is_whitespace() || c.is_control() || " \u{a0}\u{2003}\u{2029}".contains(*c);
    let text = prop_oneof![vec(proptest::sample::select(TRICKY), 0..6), vec(characters(), 0..40)];
    check(600, &text, |text| {
        let text: String = text.into_iter().filter(known).collect();
        for (kind, validator) in &validators {
            let valid = validator.is_valid(&serde_json::Value::String(text.clone()));
            assert_eq!((kind.parse)(text.clone()).is_ok(), valid, "{} {text:?}", kind.name);
        }
    });
}

#[test]
fn preview_is_the_first_140_characters() {
    check(200, &vec(visible(), 1..300), |text| {
        let body = MessageBody::parse(text.iter().collect()).expect("a body");
        assert_eq!(body.preview(), text.iter().take(140).collect::<String>());
    });
}

#[test]
fn customer_id_alphabet_is_enforced() {
    let good = "[A-Za-z0-9._~:@+=|-]{1,128}";
    check(500, &(good, any::<Index>(), characters()), |(text, at, other)| {
        let is_dots = text == "." || text == "..";
        assert_eq!(CustomerId::parse(text.clone()).is_ok(), !is_dots, "{text}");
        let mut with_another = text.clone();
        with_another.insert(at.index(text.len() + 1), other);
        let allowed = other.is_ascii_alphanumeric() || "._~:@+=|-".contains(other);
        let wanted = allowed && with_another.len() <= 128 && with_another != "..";
        assert_eq!(CustomerId::parse(with_another.clone()).is_ok(), wanted, "{with_another}");
    });
}

#[test]
fn email_is_trimmed_and_case_insensitive() {
    check(300, &("[a-zA-Z0-9.+é]{1,30}", "[a-zA-Z0-9.-]{1,30}", "[ \t\n]{0,3}"), |(local, domain, space)| {
        let address = format!("{local}@{domain}");
        let email = Email::parse(format!("{space}{address}{space}")).expect("an address");
        assert_eq!(email.as_str(), address);
        assert_eq!(Email::parse(address.to_uppercase()).expect("an address").normalized(), email.normalized());
        for wrong in [format!("{local}{domain}"), format!("{address}@x"), format!("@{domain}"), format!("{local}@")] {
            assert!(Email::parse(wrong.clone()).is_err(), "{wrong}");
        }
    });
}

#[test]
fn tags_keep_order_without_duplicates() {
    check(200, &vec("[a-d]{1,2}", 0..25), |texts| {
        let tags = texts.iter().map(|text| Tag::parse(text.clone()).expect("a tag")).collect();
        let Ok(tags) = Tags::parse(tags) else {
            assert!(texts.len() > Tags::MAX);
            return;
        };
        let mut wanted: Vec<&str> = Vec::new();
        for text in &texts {
            if !wanted.contains(&text.as_str()) {
                wanted.push(text);
            }
        }
        assert!(texts.len() <= Tags::MAX);
        assert_eq!(tags.as_slice().iter().map(Tag::as_str).collect::<Vec<_>>(), wanted);
    });
}

#[test]
fn webhook_url_agrees_with_published_schema() {
    let schema = serde_json::to_value(WebhookUrl::schema()).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let parts = [
        "https://", "http://", "a", "B9", "xn--p1ai", "example", "com", "0x7f", "127", "1", "-", "_", ".", ".", ".",
        ":443", ":80", ":", "@", "/", "/", "?", "#", "%", "[::1]", "\u{e4}", " ", "\n", "c=d",
    ];
    let text = (any::<bool>(), vec(proptest::sample::select(parts.to_vec()), 0..9));
    check(3000, &text, |(begins, parts)| {
        let text = format!("{}{}", if begins { "https://" } else { "" }, parts.concat());
        let valid = validator.is_valid(&serde_json::Value::String(text.clone()));
        let taken = WebhookUrl::parse(text.clone());
        assert_eq!(taken.is_ok(), valid, "{text:?}");
        if let Ok(url) = taken {
            assert_eq!(url.as_str(), text);
            let host = url.host();
            assert!(host.parse::<std::net::IpAddr>().is_err() && host.contains('.') && url.path().starts_with('/'));
        }
    });
}
