use sha2::{Digest, Sha256};

use crate::{Clock, Invalid, KeyId, KeyKind, RateLimit, Scope, Timestamp, Title, WorkspaceId, clock::random};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 30 digits of base 62 are 178 random bits.
const RANDOM_DIGITS: usize = 30;
/// A CRC-32 fits into six digits of base 62.
const CHECK_DIGITS: usize = 6;

/// The SHA-256 of a secret: all that is stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The raw digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A digest that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// An API key's secret: `dsk_sv_` or `dsk_cl_`, 30 random characters (178 bits) and a checksum of six, by which a
/// mistyped or truncated key is told apart without a look into the table. It is shown once and never stored or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret(String);

impl ApiKeySecret {
    /// A new secret.
    #[must_use]
    pub fn generate(kind: KeyKind, clock: &dyn Clock) -> Self {
        let mut text = String::from(prefix(kind));
        let mut digits = 0;
        while digits < RANDOM_DIGITS {
            // 248 is the largest multiple of 62 in a byte: beyond it, some digits would be likelier than others.
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

    /// Checks the shape and the checksum.
    ///
    /// # Errors
    /// When the text cannot be a key of ours.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let not_a_key = || Invalid::new("invalid", "is not an API key: it is mistyped or cut off");
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

    /// What is stored.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The last four characters, by which people recognise a key.
    #[must_use]
    pub fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// The secret itself, to be shown once.
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

    /// Checks for scheme, host and optional port, and nothing behind them.
    ///
    /// # Errors
    /// When the text is no origin as browsers send it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let plain = |c: char| c.is_ascii_graphic() && !c.is_ascii_uppercase() && !"/?#@\\".contains(c);
        match rest {
            Some(host) if !host.is_empty() && text.len() <= Self::MAX && host.chars().all(plain) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(Invalid::new(
                "invalid",
                "must be an origin in lower case without a path, such as https://app.example.com",
            )),
        }
    }

    /// The origin as browsers send it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl utoipa::PartialSchema for Origin {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A web origin in lower case, such as https://app.example.com."))
            .max_length(Some(Self::MAX))
            .pattern(Some(r"^https?://[!\x22$-.0->\[\]-~]+$"))
            .into()
    }
}

impl utoipa::ToSchema for Origin {}

/// Over how many index partitions a workspace's conversations are spread. Readers know at least as many as writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shards {
    /// How many are read.
    pub read: u8,
    /// How many are written to.
    pub write: u8,
}

impl Default for Shards {
    fn default() -> Self {
        Self { read: 1, write: 1 }
    }
}

/// What a key may do, for which workspace, and until when.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ApiKey {
    /// The key's own id.
    pub id: KeyId,
    /// The only workspace that it can name.
    pub workspace_id: WorkspaceId,
    /// What people call it.
    pub name: Title,
    /// Whom it is for.
    pub kind: KeyKind,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// From which web origins it may be used; empty: from anywhere.
    pub allowed_origins: Vec<Origin>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// How many requests it may make in a minute, where that is not the default.
    pub rate_limit: Option<RateLimit>,
    /// When somebody revoked it.
    pub revoked_at: Option<Timestamp>,
    /// The last four characters of the secret.
    pub last4: String,
    /// How the workspace's index is spread.
    pub shards: Shards,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Rises by one with each change.
    pub version: u64,
}

impl ApiKey {
    /// When it was made: the time in its id.
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
    fn a_secret_is_known_by_its_checksum() {
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
    fn an_origin_has_no_path() {
        assert!(Origin::parse("https://app.example.com").is_ok());
        assert!(Origin::parse("http://localhost:3000").is_ok());
        for bad in ["app.example.com", "https://", "https://a/", "https://A.example", "ftp://a", "*"] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }
}
