use serde_json::Value;

use crate::TestResponse;

/// The fields that hold secrets. A response with one of them must not be stored.
const SECRETS: [&str; 6] = ["secret", "webhookSecret", "customerToken", "upload", "downloadUrl", "identitySecret"];

/// Asserts what every response says to caches and browsers.
///
/// # Panics
/// When a header is missing or wrong.
#[track_caller]
pub fn check_caching(route: &str, answer: &TestResponse) {
    let header = |name: &str| {
        let values: Vec<_> = answer.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{route}: {name}: {values:?}");
        answer.header(name).unwrap_or_default()
    };
    assert_eq!(header("x-content-type-options"), "nosniff", "{route}");
    let (control, vary) = (header("cache-control"), header("vary"));
    if control.starts_with("public") || control == "no-cache" {
        assert!(["Accept-Encoding", "Accept, Accept-Encoding"].contains(&vary), "{route}: {vary}");
        return;
    }
    assert_eq!(vary, "Accept-Encoding, Authorization, Origin, X-API-Key, X-Customer-Token", "{route}");
    let body =
        if answer.header("content-encoding").is_none() { serde_json::from_slice(&answer.bytes).ok() } else { None };
    if body.is_some_and(|body: Value| holds_secret(&body)) || answer.headers.contains_key("x-customer-token") {
        assert_eq!(control, "no-store", "{route}");
    } else {
        assert!(["private, no-cache", "no-store"].contains(&control), "{route}: {control}");
    }
}

/// Whether a field with the name of a secret holds a text or an object.
fn holds_secret(body: &Value) -> bool {
    match body {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            SECRETS.contains(&name.as_str()) && (value.is_string() || value.is_object()) || holds_secret(value)
        }),
        Value::Array(values) => values.iter().any(holds_secret),
        _ => false,
    }
}
