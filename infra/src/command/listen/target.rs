use base64::{Engine, engine::general_purpose::STANDARD};
use deskless_domain::{Reach, WebhookSecret, WebhookUrl};

/// Parses the URL of a server on this machine. Others are rejected, so that no mistyped URL sends customers' data elsewhere.
pub fn url(text: &str) -> Result<WebhookUrl, String> {
    let other = "must be an http:// URL on this machine, such as http://localhost:3000/hook (or 127.0.0.1, [::1]). To send events to \
                 another machine, create a webhook endpoint with `POST /api/v1/webhook-endpoints`";
    let is_local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| {
        let rest = text.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
    });
    if !is_local {
        return Err(other.to_owned());
    }
    WebhookUrl::parse_within(text.to_owned(), Reach::PublicAndLoopback).map_err(|invalid| invalid.message)
}

/// Parses a secret of Standard Webhooks, whose key has 24 to 64 bytes.
pub fn secret(text: &str) -> Result<WebhookSecret, String> {
    let key = text.strip_prefix("whsec_").map(|digits| STANDARD.decode(digits));
    match key {
        Some(Ok(key)) if (24..=64).contains(&key.len()) => Ok(WebhookSecret::stored(text.to_owned())),
        _ => Err("must be `whsec_` and 24 to 64 bytes in base64".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{secret, url};

    #[test]
    fn only_servers_on_this_machine_are_targets() {
        for good in ["http://localhost:3000/hook?a=b", "http://127.0.0.1", "http://127.0.0.1/", "http://[::1]:80/"] {
            assert!(url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://example.com/hook",
            "https://hooks.example.com/hook",
            "http://localhost.example.com",
            "http://10.0.0.1/",
            "http://0.0.0.0/",
            "http://127.0.0.1.nip.io/",
            "https://localhost/",
            "http://a@localhost/",
            "localhost:3000",
            "/hook",
            "",
        ] {
            let message = url(bad).expect_err(bad);
            assert!(message.contains("on this machine"), "{bad}: {message}");
        }
        for (bad, error) in [
            ("http://localhost:70000/", "port"),
            ("http://localhost:3000@example.com/", "user name"),
            ("http://localhost/#a", "without `#`"),
        ] {
            let message = url(bad).expect_err(bad);
            assert!(message.contains(error), "{bad}: {message}");
        }
    }

    #[test]
    fn secret_is_a_key_in_base64() {
        assert!(secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_ok());
        for bad in
            ["", "whsec_", "whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"]
        {
            assert!(secret(bad).is_err(), "{bad}");
        }
    }
}
