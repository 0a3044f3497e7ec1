use sha2::{Digest, Sha256};

use crate::{Clock, Invalid, KeyId, KeyKind, RateLimit, Scope, Timestamp, Title, WorkspaceId, clock::random};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 30 base62 digits hold 178 random bits.
const RANDOM_DIGITS: usize = 30;
/// A CRC-32 fits into six base62 digits.
const CHECK_DIGITS: usize = 6;

/// The SHA-256 digest of a secret. Only the digest is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Returns the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Restores a stored digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// The secret of an API key: `dsk_sv_` or `dsk_cl_`, 30 random characters (178 bits) and a checksum of six. The checksum
/// detects mistyped and truncated keys without reading the table. The secret is shown once, and never stored or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret(String);

impl ApiKeySecret {
    /// Generates a secret.
    #[must_use]
    pub fn generate(kind: KeyKind, clock: &dyn Clock) -> Self {
        let mut text = String::from(prefix(kind));
        let mut digits = 0;
        while digits < RANDOM_DIGITS {
            // 248 is the largest multiple of 62 in a byte. Larger values would make some digits more likely.
            for byte in random::<32>(clock).into_iter().filter(|&byte| byte < 248) {
                if digits < RANDOM_DIGITS {
                    text.push(char::from(BASE62[usize::from(byte % 62)]));
                    digits += 1;
                }
            }
        }
        let check = checksum(&text);
        text.push_str(&check);
        Self(text)
    }

    /// Checks the form and the checksum.
    ///
    /// # Errors
    /// When the text cannot be a Deskless API key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let not_a_key =
            || Invalid::new("invalid", "is not a valid API key. Check that it is complete and has no typos");
        let body = [KeyKind::Server, KeyKind::Client]
            .into_iter()
            .find_map(|kind| text.strip_prefix(prefix(kind)))
            .ok_or_else(not_a_key)?;
        let shaped = body.len() == RANDOM_DIGITS + CHECK_DIGITS && body.bytes().all(|b| b.is_ascii_alphanumeric());
        if !shaped {
            return Err(not_a_key());
        }
        let (checked, check) = text.split_at(text.len() - CHECK_DIGITS);
        if checksum(checked) == check { Ok(Self(text.to_owned())) } else { Err(not_a_key()) }
    }

    /// Returns the digest, which is what is stored.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// Returns the last four characters, by which people recognize a key.
    #[must_use]
    pub fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// Returns the secret text, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeySecret(…{})", self.last4())
    }
}

const fn prefix(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Server => "dsk_sv_",
        KeyKind::Client => "dsk_cl_",
    }
}

fn checksum(text: &str) -> String {
    let mut rest = usize::try_from(crc32fast::hash(text.as_bytes())).unwrap_or_default();
    let mut digits = [0; CHECK_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|&b| char::from(b)).collect()
}

/// A web origin, such as `https://app.example.com` or `http://localhost:3000`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Origin(String);

impl Origin {
    /// The most characters of an origin.
    pub const MAX: usize = 300;

    /// Checks that the text has a scheme, a host and an optional port, and nothing else. Leaves out the default port.
    ///
    /// # Errors
    /// When the text is not an origin in the form in which browsers send it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = |message: &str| Err(Invalid::new("invalid", message));
        let secure = text.strip_prefix("https://").map(|rest| (rest, 443));
        let Some((rest, default_port)) = secure.or_else(|| text.strip_prefix("http://").map(|rest| (rest, 80))) else {
            return invalid("must be a web origin in lower case without a path, such as https://app.example.com");
        };
        if rest.contains('*') {
            return invalid("must not have `*`: list each origin, or send an empty list to allow all of them");
        }
        if !rest.is_ascii() {
            return invalid(
                "must have an internationalized host as browsers send it, such as https://xn--bcher-kva.example",
            );
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
        let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
        let has_brackets = rest.starts_with('[');
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !has_brackets || host.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address),
            None => host.chars().all(plain) && host.split('.').all(is_label),
        };
        if !is_host || text.len() > Self::MAX {
            return invalid("must be a web origin in lower case without a path, such as https://app.example.com");
        }
        match port.map(|text| text.parse::<u16>().ok().filter(|port| *port > 0 && port.to_string() == text)) {
            None => Ok(Self(text.to_owned())),
            Some(Some(port)) if port != default_port => Ok(Self(text.to_owned())),
            // Browsers leave it out.
            Some(Some(_)) => Ok(Self(text[..text.len() - ":".len() - port.map_or(0, str::len)].to_owned())),
            Some(None) => invalid("must have a port from 1 to 65535, or none"),
        }
    }

    /// Returns the origin.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl utoipa::PartialSchema for Origin {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "A web origin in lower case, such as https://app.example.com. The default port is left out.",
            ))
            .max_length(Some(Self::MAX))
            .pattern(Some(concat!(
                r"^https?://(\[::1\]|[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*)",
                r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?$"
            )))
            .into()
    }
}

impl utoipa::ToSchema for Origin {}

/// The number of index partitions for a workspace's conversations. `read` is always at least `write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards {
    /// The number of partitions that are read.
    pub read: u8,
    /// The number of partitions that are written to.
    pub write: u8,
}

impl Shards {
    /// The maximum: 64 partitions take 64,000 write units a second.
    pub const MAX: u8 = 64;

    /// Returns whether a number of partitions is allowed: 1 to 64.
    #[must_use]
    pub const fn allows(count: u8) -> bool {
        1 <= count && count <= Self::MAX
    }
}

impl Default for Shards {
    fn default() -> Self {
        Self { read: 1, write: 1 }
    }
}

/// An API key.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ApiKey {
    /// The id.
    pub id: KeyId,
    /// The workspace, the only one that the key gives access to.
    pub workspace_id: WorkspaceId,
    /// The display name.
    pub name: Title,
    /// The kind.
    pub kind: KeyKind,
    /// The scopes.
    pub scopes: Vec<Scope>,
    /// The web origins from which the key may be used. Empty means any.
    pub allowed_origins: Vec<Origin>,
    /// The time at which it expires.
    pub expires_at: Option<Timestamp>,
    /// The rate limit, if it differs from the default.
    pub rate_limit: Option<RateLimit>,
    /// The time at which it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The API key that created it. `None` if it was created on the command line.
    #[serde(default)]
    pub created_by: Option<KeyId>,
    /// The last four characters of the secret.
    pub last4: String,
    /// The time of the last update.
    pub updated_at: Timestamp,
    /// The version. Each update increments it.
    pub version: u64,
}

impl ApiKey {
    /// The most API keys of a workspace that are not revoked.
    pub const MAX_KEYS: u32 = 100;

    /// Returns the time of creation, from the id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiKeySecret, Origin};
    use crate::{Clock, KeyKind, Timestamp};

    #[derive(Debug)]
    struct Bytes;

    impl Clock for Bytes {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
        fn fill_random(&self, bytes: &mut [u8]) {
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(i * 37 % 256).unwrap_or(0);
            }
        }
    }

    #[test]
    fn secret_has_a_valid_checksum() {
        let secret = ApiKeySecret::generate(KeyKind::Server, &Bytes);
        let text = secret.reveal();
        assert_eq!(text.len(), 7 + 30 + 6);
        assert!(ApiKeySecret::parse(text).is_ok());
        for cut in 0..text.len() {
            assert!(ApiKeySecret::parse(&text[..cut]).is_err());
        }
        for at in 0..text.len() {
            let mut wrong = text.to_owned();
            wrong.replace_range(at..=at, if &text[at..=at] == "x" { "y" } else { "x" });
            assert!(ApiKeySecret::parse(&wrong).is_err(), "{wrong}");
        }
        assert!(ApiKeySecret::parse(&text.replace("sv", "cl")).is_err());
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let secret = ApiKeySecret::generate(KeyKind::Client, &Bytes);
        assert!(!format!("{secret:?}").contains(&secret.reveal()[7..20]));
    }

    #[test]
    fn origin_has_no_path() {
        assert!(Origin::parse("https://app.example.com").is_ok());
        assert!(Origin::parse("http://localhost:3000").is_ok());
        for good in ["https://xn--bcher-kva.example", "http://127.0.0.1:8080", "http://[::1]:3000", "https://[::1]"] {
            assert!(Origin::parse(good).is_ok(), "{good}");
        }
        assert_eq!(Origin::parse("https://a.example:443").expect("an origin").as_str(), "https://a.example");
        assert_eq!(Origin::parse("http://a.example:80").expect("an origin").as_str(), "http://a.example");
        assert_eq!(Origin::parse("https://a.example:80").expect("an origin").as_str(), "https://a.example:80");
        for bad in [
            "app.example.com",
            "https://",
            "https://a/",
            "https://A.example",
            "ftp://a",
            "*",
            "https://*",
            "https://*.example.com",
            "https://a.example:",
            "https://a.example:0",
            "https://a.example:99999",
            "https://a.example:080",
            "https://a..b",
            "https://-a.example",
            "https://b\u{fc}cher.example",
            "http://[::0001]",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }
}
