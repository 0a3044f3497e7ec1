use deskless_domain::{
    CompanyName, ContentType, CustomerId, Email, ExternalId, FileTitle, Invalid, MessageBody, MessageDraft,
    MessageType, Metadata, PersonName, PhoneNumber, Priority, Role, SessionKey, Subject, Tag, Tags, Template,
    Timestamp, Title, WebhookUrl,
};
use proptest::{collection::vec, prelude::*, sample::Index};
use unicode_segmentation::UnicodeSegmentation;
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

/// Labels are trimmed and stored in Normalization Form C.
const LABELS: [&str; 3] = ["Priority", "Tag", "Title"];

const INVISIBLE: &[char] = &[
    '\u{ad}', '\u{34f}', '\u{61c}', '\u{115f}', '\u{1160}', '\u{180e}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}',
    '\u{200f}', '\u{2060}', '\u{2064}', '\u{2800}', '\u{3164}', '\u{fe0f}', '\u{feff}', '\u{ffa0}', '\u{fff9}',
];
/// The ends of lines and paragraphs, which are control characters on one line.
const LINE_ENDS: &[char] = &['\u{2028}', '\u{2029}'];
const OVERRIDES: &[char] =
    &['\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'];

/// Generates characters that a reader sees, and that are the same in Normalization Form C.
fn visible() -> impl Strategy<Value = char> {
    prop_oneof![
        // Braces are syntax in templates.
        3 => proptest::char::range('!', 'z'),
        2 => proptest::sample::select(&['é', 'ß', 'я', '文', '한', 'ص', '😀', '\u{e000}', '\u{10ffff}', '\u{fffd}'][..]),
    ]
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
    let controls = (0..=0x9f_u8).map(char::from).filter(|c| c.is_control());
    let controls: Vec<char> = controls.chain(LINE_ENDS.iter().copied()).collect();
    check(300, &(vec(visible(), 1..30), any::<Index>(), proptest::sample::select(controls)), |(text, at, control)| {
        let mut text = text;
        text.insert(at.index(text.len() + 1), control);
        let text: String = text.into_iter().collect();
        for kind in KINDS {
            let line = kind.lines && (matches!(control, '\n' | '\r' | '\t') || LINE_ENDS.contains(&control));
            let code = (kind.parse)(text.clone()).map_err(|refused| refused.code);
            assert_eq!(code, if line { Ok(text.clone()) } else { Err("control_character") }, "{}", kind.name);
        }
    });
}

#[test]
fn blank_text_is_refused_and_padding_is_kept() {
    let is_blank = |c: &char| c.is_whitespace() && !c.is_control() && !LINE_ENDS.contains(c);
    let blanks: Vec<char> = (' '..='\u{3000}').filter(is_blank).chain(INVISIBLE.iter().copied()).collect();
    let blank = || vec(proptest::sample::select(blanks.clone()), 1..30);
    check(200, &(blank(), blank(), visible()), |(front, behind, seen)| {
        let front: String = front.into_iter().collect();
        let around = format!("{front}{seen}{}", behind.iter().collect::<String>());
        for kind in KINDS.iter().filter(|kind| kind.max >= 64) {
            assert_eq!((kind.parse)(front.clone()).map_err(|refused| refused.code), Err("blank"), "{}", kind.name);
            let taken = (kind.parse)(around.clone()).expect(kind.name);
            if LABELS.contains(&kind.name) {
                assert!(!taken.starts_with(char::is_whitespace) && !taken.ends_with(char::is_whitespace), "{taken:?}");
                assert_eq!((kind.parse)(taken.clone()), Ok(taken), "{}", kind.name);
            } else {
                assert_eq!(taken, around, "{}", kind.name);
            }
        }
    });
}

#[test]
fn direction_overrides_are_refused_on_one_line() {
    check(200, &(vec(visible(), 1..20), any::<Index>(), proptest::sample::select(OVERRIDES)), |(text, at, bad)| {
        let mut text = text;
        text.insert(at.index(text.len() + 1), bad);
        let text: String = text.into_iter().collect();
        for kind in KINDS {
            let code = (kind.parse)(text.clone()).map_err(|refused| refused.code);
            let expected = match kind.name {
                // A phone number loses them.
                "PhoneNumber" => Ok(text.replace(bad, "")),
                _ if kind.lines => Ok(text.clone()),
                _ => Err("direction_override"),
            };
            assert_eq!(code, expected, "{}", kind.name);
        }
    });
}

#[test]
fn parsing_agrees_with_published_schema() {
    let validators: Vec<_> =
        KINDS.iter().map(|kind| (kind, jsonschema::validator_for(&(kind.schema)()).expect("a valid schema"))).collect();
    // The validator's `\s` omits some of the spaces of ECMAScript's.
    let known = |c: &char| !c.is_whitespace() || c.is_control() || " \u{a0}\u{2003}\u{2029}".contains(*c);
    let odd = prop_oneof![
        proptest::sample::select(TRICKY),
        proptest::sample::select(INVISIBLE),
        proptest::sample::select(OVERRIDES)
    ];
    let text = prop_oneof![vec(odd, 0..6), vec(characters(), 0..40)];
    check(1000, &text, |text| {
        // Braces are syntax in templates.
        let text: String = text.into_iter().filter(known).filter(|&c| c != '{').collect();
        for (kind, validator) in &validators {
            let valid = validator.is_valid(&serde_json::Value::String(text.clone()));
            let taken = (kind.parse)(text.clone());
            assert!(valid || taken.is_err(), "{} {text:?}", kind.name);
            // The schema does not know all marks and invisible characters, nor that a label can grow when it is normalized.
            let is_known = taken.as_ref().is_ok_and(|_| valid)
                || taken.is_err_and(|refused| !valid || ["blank", "too_long"].contains(&refused.code));
            assert!(is_known, "{} {text:?}", kind.name);
        }
    });
}

#[test]
fn equal_labels_are_stored_alike() {
    let pairs =
        &[("é", "e\u{301}"), ("ü", "u\u{308}"), ("Å", "\u{212b}"), ("한", "\u{1112}\u{1161}\u{11ab}"), ("x", "x")][..];
    let blank = "[ \u{a0}\u{200b}]{0,3}";
    check(200, &(vec(proptest::sample::select(pairs), 1..10), blank, blank), |(pairs, front, behind)| {
        let composed: String = pairs.iter().map(|pair| pair.0).collect();
        let decomposed: String = pairs.iter().map(|pair| pair.1).collect();
        for kind in KINDS.iter().filter(|kind| LABELS.contains(&kind.name)) {
            let stored = (kind.parse)(format!("{front}{decomposed}{behind}"));
            if front.chars().count() + decomposed.chars().count() + behind.chars().count() <= kind.max {
                assert_eq!(stored, Ok(composed.clone()), "{}", kind.name);
            }
        }
    });
}

fn draft(text: String) -> MessageDraft {
    MessageDraft {
        role: Role::User,
        kind: MessageType::Reply,
        body: Some(MessageBody::parse(text).expect("a body")),
        content: None,
        sender: None,
        external_id: None,
        attachments: Vec::new(),
        metadata: Metadata::default(),
    }
}

#[test]
fn preview_is_a_beginning_of_whole_clusters() {
    let clusters = &[
        "a",
        " ",
        "\n",
        "é",
        "e\u{301}",
        "🇩🇪",
        "👨\u{200d}👩\u{200d}👧",
        "👍🏽",
        "\r\n",
        "한",
        "ก็",
        "क्षि",
        "1\u{fe0f}\u{20e3}",
    ][..];
    check(300, &vec(proptest::sample::select(clusters), 1..300), |clusters| {
        let text = format!("x{}", clusters.concat());
        let preview = draft(text.clone()).preview();
        assert!(text.starts_with(&preview), "{preview:?}");
        let length = preview.chars().count();
        assert!(length <= 140 && (length > 130 || preview == text), "{length}");
        let boundaries: Vec<_> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
        assert!(boundaries.contains(&preview.len()), "{preview:?}");
        // Line breaks before the text do not count.
        assert_eq!(draft(format!("\n\r\n \n{text}")).preview(), preview);
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
    let local = "[a-zA-Z0-9+é]{1,10}([.][a-zA-Z0-9+é]{1,10}){0,2}";
    let domain = "[a-zA-Zé]{1,10}([.][a-zA-Z0-9]{1,10}){0,3}";
    check(300, &(local, domain, "[ \t\n]{0,3}"), |(local, domain, space)| {
        let address = format!("{local}@{domain}");
        let email = Email::parse(format!("{space}{address}{space}")).expect("an address");
        assert_eq!(email.as_str(), address);
        assert_eq!(Email::parse(address.to_uppercase()).expect("an address").normalized(), email.normalized());
        let decomposed = address.replace('é', "e\u{301}").replace('É', "E\u{301}");
        assert_eq!(Email::parse(decomposed).expect("an address").normalized(), email.normalized());
        for wrong in [
            format!("{local}{domain}"),
            format!("{address}@x"),
            format!("@{domain}"),
            format!("{local}@"),
            format!("<{address}>"),
            format!("Ada <{address}>"),
            format!("mailto:{address}"),
            format!("{address}\u{200b}"),
            format!("{address}."),
            format!("{local}@.{domain}"),
        ] {
            assert!(Email::parse(wrong.clone()).is_err(), "{wrong}");
        }
    });
}

#[test]
fn normalized_email_is_stable() {
    let local = prop_oneof![vec(characters(), 1..12).prop_map(String::from_iter), "[a-zİıßΣς.\"\\\\ @]{1,12}"];
    let domain = prop_oneof![
        vec(characters(), 1..12).prop_map(String::from_iter),
        "[a-zßé.-]{1,12}",
        Just("[192.0.2.1]".to_owned())
    ];
    let quoted = any::<bool>();
    check(3000, &(local, domain, quoted), |(local, domain, quoted)| {
        let local = if quoted { format!("{local:?}") } else { local };
        let Ok(email) = Email::parse(format!("{local}@{domain}")) else { return };
        let normalized = email.normalized();
        let again =
            Email::parse(normalized.clone()).unwrap_or_else(|refused| panic!("{email} {normalized}: {refused}"));
        assert_eq!(again.normalized(), normalized, "{email}");
    });
}

#[test]
fn media_type_agrees_with_published_schema() {
    let validator = jsonschema::validator_for(&serde_json::to_value(ContentType::schema()).expect("a schema"));
    let validator = validator.expect("a valid schema");
    let parts = [
        "image/png",
        "a/b",
        "+xml",
        ";",
        "; ",
        " ;",
        "codecs=",
        "vp8",
        ",",
        ", ",
        "opus",
        "\"",
        "\\\"",
        "\\",
        "a",
        "/",
        "*",
        " ",
        "=",
        "\"vp8, opus\"",
        "é",
        "\t",
        "%",
    ];
    check(5000, &(any::<bool>(), vec(proptest::sample::select(parts.to_vec()), 0..9)), |(begins, parts)| {
        let text = format!("{}{}", if begins { "video/webm" } else { "" }, parts.concat());
        let valid = validator.is_valid(&serde_json::Value::String(text.clone()));
        let taken = ContentType::parse(text.clone());
        assert_eq!(taken.is_ok(), valid, "{text:?}");
        if let Ok(taken) = taken
            && !text.is_empty()
        {
            assert_eq!(taken.as_str(), text);
        }
    });
}

#[test]
fn time_round_trips_and_bounds_divide_all_times() {
    let millis = prop_oneof![-62_167_219_200_000..=253_402_300_799_999_i64, 0..4_000_000_000_000_i64];
    check(1000, &(millis, 0..1_000_000_u32, -1439..1440_i64, any::<bool>()), |(millis, nanos, offset, lower)| {
        let time = Timestamp::from_millis(millis);
        let shown = time.to_string();
        assert_eq!(Timestamp::parse(&shown), Ok(time));
        let shown = if lower { shown.to_lowercase() } else { shown };
        let local = Timestamp::from_millis(millis + offset * 60_000).to_string();
        if local.len() == shown.len() && !local.starts_with(['-', '+']) {
            let sign = if offset < 0 { '-' } else { '+' };
            let offset = offset.abs();
            let written = format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), offset / 60, offset % 60);
            assert_eq!(Timestamp::parse(&written), Ok(time), "{written}");
        }
        // A bound between two milliseconds is the later one: the same times are before it.
        let between = shown.replace(['Z', 'z'], &format!("{nanos:06}Z"));
        let bound = Timestamp::parse_bound(&between).expect("a time");
        assert_eq!(bound.as_millis(), millis + i64::from(nanos > 0), "{between}");
        assert_eq!(Timestamp::parse(&between), Ok(time));
    });
}

#[test]
fn tags_keep_order_without_duplicates() {
    check(200, &vec("[a-f]{1,2}", 0..60), |texts| {
        let tags = texts.iter().map(|text| Tag::parse(text.clone()).expect("a tag")).collect();
        let mut wanted: Vec<&str> = Vec::new();
        for text in &texts {
            if !wanted.contains(&text.as_str()) {
                wanted.push(text);
            }
        }
        match Tags::parse(tags) {
            Ok(tags) => assert_eq!(tags.as_slice().iter().map(Tag::as_str).collect::<Vec<_>>(), wanted),
            Err(refused) => assert!(wanted.len() > Tags::MAX && refused.message.contains(&wanted.len().to_string())),
        }
        assert_eq!(
            Tags::parse(texts.iter().map(|text| Tag::parse(text.clone()).expect("a tag")).collect()).is_ok(),
            wanted.len() <= Tags::MAX
        );
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
