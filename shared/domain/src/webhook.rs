//! Webhooks: the URL that is called, and the secret that signs the calls.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::{Clock, Invalid, StoredSecret, clock::random};

/// The URL of a webhook: https on port 443, with a host name.
///
/// IP addresses in any notation and names without a dot are refused: the last label of the name must begin with a letter.
/// Whether the name resolves to a public address is checked at each call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookUrl(String);

const SCHEME: &str = "https://";

impl WebhookUrl {
    /// The most characters.
    pub const MAX: usize = 2048;

    /// Checks scheme, host, port and characters.
    ///
    /// # Errors
    /// When the URL is not one that webhooks may call.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        let refuse = |message: &str| Err(Invalid::new("invalid", message));
        if text.chars().count() > Self::MAX {
            return Err(Invalid::new("too_long", format!("must be at most {} characters", Self::MAX)));
        }
        let Some(rest) = text.strip_prefix(SCHEME) else { return refuse("must begin with https://") };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return refuse("must not have a user name or password");
        }
        let host = authority.strip_suffix(":443").unwrap_or(authority);
        if host.contains(':') && !host.starts_with('[') {
            return refuse("must use port 443");
        }
        if !is_name(host) {
            return refuse(
                "must have a host name with at least one dot, such as hooks.example.com; IP addresses are not allowed",
            );
        }
        if !(path.is_empty() || path.starts_with('/')) || !path.bytes().all(is_path_byte) {
            return refuse(
                "must have a path that begins with `/`, without `#` and without characters that need percent-encoding",
            );
        }
        Ok(Self(text))
    }

    /// Returns the URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host name.
    #[must_use]
    pub fn host(&self) -> &str {
        let (authority, _) = self.parts();
        authority.strip_suffix(":443").unwrap_or(authority)
    }

    /// Returns the path and the query.
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

/// Returns whether a text is a full host name: at least two labels of letters, digits and hyphens, the last of which begins
/// with a letter. (Many resolvers accept `127.1`, `0x7f.0.0.1` and `2130706433` as IP addresses.)
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

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~!$&'()*+,;=:@%/?-".contains(&byte)
}

impl utoipa::PartialSchema for WebhookUrl {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An https URL on port 443, with the host name of a public address."))
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
/// 48 base64 digits hold 36 bytes. Standard Webhooks requires 24 to 64 bytes.
const DIGITS: usize = 48;

/// The secret that signs webhook calls: `whsec_` and the key in base64.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// Generates a secret.
    #[must_use]
    pub fn generate(clock: &dyn Clock) -> Self {
        let digits = random::<DIGITS>(clock).map(|byte| char::from(BASE64[usize::from(byte % 64)]));
        Self(PREFIX.chars().chain(digits).collect())
    }

    /// Restores a decrypted secret.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the secret text, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the key in base64.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.0.strip_prefix(PREFIX).unwrap_or(&self.0)
    }
}

impl From<&WebhookSecret> for StoredSecret {
    fn from(secret: &WebhookSecret) -> Self {
        Self::New(secret.0.clone())
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
    fn url_has_host_and_path() {
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
    fn other_urls_are_refused() {
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
    fn secret_is_base64_and_hidden_in_debug_output() {
        let secret = WebhookSecret::generate(&Still);
        assert_eq!(secret.reveal().len(), 6 + 48);
        assert_eq!(secret.digits(), &secret.reveal()[6..]);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    }
}
