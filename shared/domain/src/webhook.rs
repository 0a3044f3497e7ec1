//! Whom a workspace has called, and how its calls prove where they come from.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::{Clock, Invalid, clock::random};

/// The address of somebody's web server: https, on its usual port, by the name of a host.
///
/// There is no name without a dot and no address in place of a name, in whatever spelling: the last part of a name begins
/// with a letter. What address the name has, and whether it may be called, is found out when it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookUrl(String);

const SCHEME: &str = "https://";

impl WebhookUrl {
    /// The most characters of an address.
    pub const MAX: usize = 2048;

    /// Checks scheme, host, port and characters.
    ///
    /// # Errors
    /// When we would not call it.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        let refuse = |message: &str| Err(Invalid::new("invalid", message));
        if text.chars().count() > Self::MAX {
            return Err(Invalid::new("too_long", format!("must be at most {} characters", Self::MAX)));
        }
        let Some(rest) = text.strip_prefix(SCHEME) else { return refuse("must begin with https://") };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return refuse("must not hold a user name or a password");
        }
        let host = authority.strip_suffix(":443").unwrap_or(authority);
        if host.contains(':') && !host.starts_with('[') {
            return refuse("must not name a port other than 443");
        }
        if !is_name(host) {
            return refuse(
                "must name a host, such as hooks.example.com: letters, digits and hyphens, at least one dot, and no address in \
                 place of the name",
            );
        }
        if !(path.is_empty() || path.starts_with('/')) || !path.bytes().all(is_of_a_path) {
            return refuse(
                "must have a path that begins with / and holds nothing that has to be percent-encoded, and no #",
            );
        }
        Ok(Self(text))
    }

    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host's name.
    #[must_use]
    pub fn host(&self) -> &str {
        let (authority, _) = self.parts();
        authority.strip_suffix(":443").unwrap_or(authority)
    }

    /// The path with the query.
    #[must_use]
    pub fn path(&self) -> &str {
        match self.parts() {
            (_, "") => "/",
            (_, path) => path,
        }
    }

    fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix(SCHEME).unwrap_or_default();
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    }
}

/// Whether this is the full name of a host: at least two labels of letters, digits and hyphens, the last of which begins
/// with a letter. (`127.1`, `0x7f.0.0.1` and `2130706433` are addresses to many a resolver.)
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && host.split('.').all(is_label) && last.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn is_of_a_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~!$&'()*+,;=:@%/?-".contains(&byte)
}

impl utoipa::PartialSchema for WebhookUrl {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An https address on port 443 with the name of a host."))
            .min_length(Some(SCHEME.len()))
            .max_length(Some(Self::MAX))
            .pattern(Some(
                r"^https://([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(:443)?(/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?$",
            ))
            .examples(["https://hooks.example.com/deskless"])
            .into()
    }
}

impl utoipa::ToSchema for WebhookUrl {}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PREFIX: &str = "whsec_";
/// 288 bits, which is 36 bytes: Standard Webhooks wants 24 to 64.
const DIGITS: usize = 48;

/// What webhooks are signed with: `whsec_` and the key in base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// A new secret.
    #[must_use]
    pub fn generate(clock: &dyn Clock) -> Self {
        let digits = random::<DIGITS>(clock).map(|byte| char::from(BASE64[usize::from(byte % 64)]));
        Self(PREFIX.chars().chain(digits).collect())
    }

    /// A secret that was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The key in base64.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.0.strip_prefix(PREFIX).unwrap_or(&self.0)
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{WebhookSecret, WebhookUrl};
    use crate::{Clock, Timestamp};

    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
        fn fill_random(&self, bytes: &mut [u8]) {
            bytes.fill(200);
        }
    }

    #[test]
    fn an_address_is_taken_apart() {
        for (text, host, path) in [
            ("https://a.example", "a.example", "/"),
            ("https://a.example:443", "a.example", "/"),
            ("https://a.example/", "a.example", "/"),
            ("https://A-1.xn--p1ai/b?c=@d", "A-1.xn--p1ai", "/b?c=@d"),
        ] {
            let url = WebhookUrl::parse(text.to_owned()).expect(text);
            assert_eq!((url.host(), url.path()), (host, path));
        }
    }

    #[test]
    fn whatever_is_no_https_address_with_a_hosts_name_is_refused() {
        for bad in [
            "",
            "https://",
            "http://a.example",
            "HTTPS://a.example",
            "ftp://a.example",
            "//a.example",
            "a.example",
            "https://a.example:80",
            "https://a.example:8443/",
            "https://a.example:443:443",
            "https://a.example:",
            "https://u@a.example",
            "https://u:p@a.example",
            "https://a.example@b.example",
            "https://a.example#b",
            "https://a.example/#b",
            "https://a.example?b",
            "https://a.example\\@b.example",
            "https://a.example/ b",
            "https://a.example/\u{e4}",
            "https://\u{e4}.example",
            "https://localhost",
            "https://a.example.",
            "https://.example",
            "https://a..example",
            "https://-a.example",
            "https://a_b.example",
            "https:///a.example",
            "https://127.0.0.1",
            "https://127.1",
            "https://2130706433",
            "https://0x7f000001",
            "https://0x7f.0.0.1",
            "https://0177.0.0.1",
            "https://8.8.8.8",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]:443/",
            "https://[fd00:ec2::254]",
            "https://169.254.169.254/latest/meta-data/",
            "https://1.1.1.1.",
            "https://a.1",
            "https://a.example%00.b",
            " https://a.example",
            "https://a.example\r\nx: y",
        ] {
            assert!(WebhookUrl::parse(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert!(WebhookUrl::parse(format!("https://a.example/{}", "b".repeat(2048))).is_err());
        assert!(WebhookUrl::parse(format!("https://{}.example", "b".repeat(64))).is_err());
    }

    #[test]
    fn a_secret_is_base64_without_padding_and_hidden_in_debug_output() {
        let secret = WebhookSecret::generate(&Still);
        assert_eq!(secret.reveal().len(), 6 + 48);
        assert_eq!(secret.digits(), &secret.reveal()[6..]);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    }
}
