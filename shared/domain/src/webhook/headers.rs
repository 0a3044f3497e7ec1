//! The further headers of a webhook call.

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// The headers that a workspace adds to its webhook calls, such as `authorization`: at most 10, with distinct names.
///
/// Names are in lower case. Values may be secrets, so `Debug` hides them.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookHeaders(Vec<(String, String)>);

/// The headers that the client sets itself, and those that belong to the connection.
const RESERVED: [&str; 16] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
];
/// The beginnings of further reserved names: the headers of Standard Webhooks, and those for proxies.
const RESERVED_PREFIXES: [&str; 2] = ["webhook-", "proxy-"];

impl WebhookHeaders {
    /// The most headers.
    pub const MAX: usize = 10;
    /// The most characters of a name.
    pub const MAX_NAME: usize = 64;
    /// The most characters of a value.
    pub const MAX_VALUE: usize = 1024;

    /// Checks the number, the names and the values of headers, and puts the names in lower case.
    ///
    /// # Errors
    /// When there are more than 10, a name or a value cannot be sent, a name is reserved, or two names are the same.
    pub fn parse(headers: Vec<(String, String)>) -> Result<Self, Invalid> {
        if headers.len() > Self::MAX {
            let message = format!("must have at most {} headers; it has {}", Self::MAX, headers.len());
            return Err(Invalid::new("too_many", message));
        }
        let mut parsed: Vec<(String, String)> = Vec::with_capacity(headers.len());
        for (name, value) in headers {
            let name = parse_name(&name)?;
            if parsed.iter().any(|(other, _)| *other == name) {
                let message = format!("must not have the header `{name}` twice. Case does not matter in names");
                return Err(Invalid::new("duplicate", message));
            }
            check_value(&name, &value)?;
            parsed.push((name, value));
        }
        Ok(Self(parsed))
    }

    /// Returns whether there are no headers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names, in lower case, and the values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Checks a name: a token of RFC 9110, section 5.6.2, that is not reserved.
fn parse_name(name: &str) -> Result<String, Invalid> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.len() > WebhookHeaders::MAX_NAME {
        let message = format!("must have header names of at most {} characters", WebhookHeaders::MAX_NAME);
        return Err(Invalid::new("too_long", message));
    }
    if name.is_empty() || !name.bytes().all(is_token) {
        let message = "must have header names of letters, digits and hyphens, such as X-Api-Key";
        return Err(Invalid::new("invalid", message));
    }
    let name = name.to_ascii_lowercase();
    if RESERVED.contains(&name.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        let message = format!("must not have the header `{name}`, which Deskless sets itself or never sends");
        return Err(Invalid::new("reserved", message));
    }
    Ok(name)
}

/// Checks a value: visible ASCII characters, with spaces between them.
fn check_value(name: &str, value: &str) -> Result<(), Invalid> {
    if value.len() > WebhookHeaders::MAX_VALUE {
        let message = format!(
            "must have header values of at most {} characters; that of `{name}` has {}",
            WebhookHeaders::MAX_VALUE,
            value.chars().count()
        );
        return Err(Invalid::new("too_long", message));
    }
    let is_inner = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if value.is_empty() || !is_inner || value.starts_with(' ') || value.ends_with(' ') {
        let message = format!(
            "must have header values of visible ASCII characters, with spaces only between them; that of `{name}` has others or is empty"
        );
        return Err(Invalid::new("invalid", message));
    }
    Ok(())
}

impl std::fmt::Debug for WebhookHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::WebhookHeaders;

    fn parse(headers: &[(&str, &str)]) -> Result<WebhookHeaders, &'static str> {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        WebhookHeaders::parse(headers).map_err(|invalid| invalid.code)
    }

    #[test]
    fn names_are_in_lower_case_and_values_hidden() {
        let headers = parse(&[("Authorization", "Bearer s3cret"), ("X-Api_Key", "a b")]).expect("headers");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("authorization", "Bearer s3cret"), ("x-api_key", "a b")]);
        assert_eq!(format!("{headers:?}"), r#"["authorization", "x-api_key"]"#);
        assert!(parse(&[]).expect("none").is_empty());
    }

    #[test]
    fn reserved_headers_are_refused() {
        for name in [
            "Host",
            "content-LENGTH",
            "Content-Type",
            "Transfer-Encoding",
            "Connection",
            "User-Agent",
            "webhook-id",
            "Webhook-Signature",
            "webhook-",
            "Proxy-Authorization",
            "Upgrade",
        ] {
            assert_eq!(parse(&[(name, "a")]), Err("reserved"), "{name}");
        }
        assert!(parse(&[("x-webhook-id", "a"), ("hosts", "a")]).is_ok());
    }

    #[test]
    fn headers_that_cannot_be_sent_are_refused() {
        for (name, value) in [
            ("", "a"),
            ("a b", "a"),
            ("a:", "a"),
            ("a\r\nb", "a"),
            ("\u{e4}", "a"),
            ("a", ""),
            ("a", " a"),
            ("a", "a "),
            ("a", "a\r\nb: c"),
            ("a", "a\0"),
            ("a", "\u{e4}"),
            ("a", "a\tb"),
        ] {
            assert_eq!(parse(&[(name, value)]), Err("invalid"), "{name:?}: {value:?}");
        }
        assert_eq!(parse(&[("A", "1"), ("a", "2")]), Err("duplicate"));
    }

    #[test]
    fn number_and_lengths_are_limited() {
        let names: Vec<_> = (0..11).map(|i| format!("x-{i}")).collect();
        let headers: Vec<_> = names.iter().map(|name| (name.as_str(), "a")).collect();
        assert_eq!(parse(&headers[..10]).map(|headers| headers.iter().count()), Ok(10));
        assert_eq!(parse(&headers), Err("too_many"));
        let (name, value) = ("n".repeat(65), "v".repeat(1025));
        assert!(parse(&[(&name[1..], &value[1..])]).is_ok());
        assert_eq!(parse(&[(&name, "a")]), Err("too_long"));
        assert_eq!(parse(&[("a", &value)]), Err("too_long"));
    }
}
