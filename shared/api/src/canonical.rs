//! The canonical form of a request, which tells requests with one idempotency key apart by their values, not their spelling.
//!
//! It depends on no request type, because during a deployment two versions of a type can serve the request and its repeat. So
//! it treats any text that looks like an id or a time as one.

use deskless_domain::{MessageId, Timestamp};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::json::Json;

/// Returns the canonical form of a path: decoded, with ids in lower case.
pub(crate) fn path(path: &str) -> String {
    let segments = path.split('/').map(|segment| text(&percent_decode_str(segment).decode_utf8_lossy()));
    segments.collect::<Value>().to_string()
}

/// Returns the canonical form of a query: decoded, sorted by name.
pub(crate) fn query(query: &str) -> String {
    let decoded = |part: &str| text(&percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy());
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        [decoded(name), decoded(value)]
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|pair| pair.into_iter().collect::<Value>()).collect::<Value>().to_string()
}

/// Returns the canonical form of a body. Fields that are null are left out.
pub(crate) fn body(json: &Json) -> String {
    value(json).to_string()
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::String(string) => Value::String(text(string)),
        // As text with a prefix that no text has.
        Json::Number(digits) => Value::String(format!("\u{0}{}", number(digits))),
        Json::Array(items) => items.iter().map(value).collect(),
        Json::Object(fields) => {
            let given = fields.iter().filter(|(_, field)| !matches!(field, Json::Null));
            Value::Object(given.map(|(name, field)| (name.clone(), value(field))).collect())
        }
    }
}

/// Returns a text without outer white space; an id in lower case; a time in UTC.
fn text(text: &str) -> String {
    let text = text.trim();
    if let Some(id) = MessageId::parse(text) {
        return id.to_string();
    }
    Timestamp::parse(text).map_or_else(|_| text.to_owned(), |time| time.to_string())
}

/// Returns a number as digits without zeros at either end, and an exponent: 1, 1.0 and 10e-1 are one number.
fn number(digits: &str) -> String {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let Ok(exponent) = exponent.parse::<i64>() else { return digits.to_owned() };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return "0".to_owned();
    }
    let zeros = digits.len() - significant.len();
    let shift = i64::try_from(zeros).unwrap_or(0) - i64::try_from(fraction.len()).unwrap_or(0);
    format!("{sign}{significant}e{}", exponent.saturating_add(shift))
}

#[cfg(test)]
mod tests {
    use deserr::IntoValue;
    use serde_json::{Value, json};

    use super::{Json, body, path, query};

    fn same(one: &Value, other: &Value) -> bool {
        let canonical = |value: &Value| body(&Json::from(value.clone().into_value()));
        canonical(one) == canonical(other)
    }

    #[test]
    fn spellings_of_one_value_are_equal() {
        let id = "01900000-abcd-7000-8000-00000000000f";
        assert!(same(&json!({ "a": id, "b": null }), &json!({ "a": id.to_uppercase() })));
        assert!(same(&json!("2026-06-28T18:00:00+00:00"), &json!("2026-06-28T18:00:00.000Z")));
        assert!(same(&json!([" vip "]), &json!(["vip"])));
        for spelling in ["1", "1.0", "1e0", "10e-1", "0.1e1"] {
            let number: Value = serde_json::from_str(spelling).expect("a number");
            assert!(same(&number, &json!(1)), "{spelling}");
        }
        assert_eq!(path(&format!("/a/{}", id.to_uppercase())), path(&format!("/a/{id}")));
        assert_eq!(path("/customers/a%40b"), path("/customers/a@b"));
        assert_eq!(query("b=1&a=%32"), query("a=2&b=1"));
    }

    #[test]
    fn different_values_stay_different() {
        let pairs = [
            (json!(1), json!(10)),
            (json!(1), json!(-1)),
            (json!(0.1), json!(0.01)),
            (json!(1), json!("1")),
            (json!(1), json!("1e0")),
            (json!("a"), json!("A")),
            (json!({ "a": [1, 2] }), json!({ "a": [2, 1] })),
            (json!({ "a": "" }), json!({})),
            (json!({ "a": false }), json!({})),
            (json!("2026-06-28T18:00:00Z"), json!("2026-06-28T18:00:01Z")),
        ];
        for (one, other) in pairs {
            assert!(!same(&one, &other), "{one} {other}");
        }
        assert_ne!(path("/a/b"), path("/a%2Fb"));
        assert_ne!(query("a=1&a=2"), query("a=1"));
    }
}
