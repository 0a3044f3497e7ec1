//! Identity secrets, which sign customer tokens.

use crate::{Clock, SecretId, Timestamp, clock::random};

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// 43 base64 digits hold 258 bits. HS256 needs a key of at least 256 bits (RFC 7518, section 3.2).
const DIGITS: usize = 43;
const PREFIX: &str = "dsk_id_";

/// A secret that signs customer tokens (HS256). The key is the displayed text itself, as UTF-8, because JWT libraries use a
/// text that way.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentitySecret {
    /// The id, which tokens name as `kid`.
    pub id: SecretId,
    /// The time of creation.
    pub created_at: Timestamp,
    text: String,
}

impl IdentitySecret {
    /// Generates a secret: `dsk_id_` and 258 random bits.
    #[must_use]
    pub fn generate(clock: &dyn Clock) -> Self {
        let digits = random::<DIGITS>(clock).map(|byte| char::from(BASE64URL[usize::from(byte % 64)]));
        let text = PREFIX.chars().chain(digits).collect();
        Self { id: SecretId::generate(clock), created_at: clock.now(), text }
    }

    /// Restores a stored secret.
    #[must_use]
    pub fn stored(id: SecretId, created_at: Timestamp, text: String) -> Self {
        Self { id, created_at, text }
    }

    /// Returns the secret text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Debug for IdentitySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdentitySecret({})", self.id)
    }
}

/// The identity secrets of a workspace: the current one, the previous one for a limited time, and the one with which Deskless
/// signs tokens of anonymous customers.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// The secret with which your back end signs customer tokens.
    pub current: Option<IdentitySecret>,
    /// The previous secret, and until when it is valid.
    pub previous: Option<(IdentitySecret, Timestamp)>,
    /// The secret for tokens of anonymous customers. It is never shown.
    pub anonymous: Option<IdentitySecret>,
}

impl Identity {
    /// How long the previous secret stays valid after a rotation: 24 hours.
    pub const OVERLAP_SECONDS: i64 = 24 * 60 * 60;

    /// Returns the current or previous secret with this id, if it is valid at the time `now`.
    #[must_use]
    pub fn secret(&self, id: SecretId, now: Timestamp) -> Option<&IdentitySecret> {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        self.current.iter().chain(previous).find(|secret| secret.id == id)
    }

    /// Returns the secret for anonymous customers, if it has this id.
    #[must_use]
    pub fn anonymous(&self, id: SecretId) -> Option<&IdentitySecret> {
        self.anonymous.as_ref().filter(|secret| secret.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, IdentitySecret};
    use crate::{Clock, Timestamp};

    #[derive(Debug)]
    struct Bytes(u8);

    impl Clock for Bytes {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
        fn fill_random(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn previous_secret_is_valid_until_its_end() {
        let (new, old) = (IdentitySecret::generate(&Bytes(1)), IdentitySecret::generate(&Bytes(2)));
        let until = Timestamp::from_millis(1000);
        let identity =
            Identity { current: Some(new.clone()), previous: Some((old.clone(), until)), ..Identity::default() };
        assert_eq!(identity.secret(old.id, Timestamp::from_millis(999)), Some(&old));
        assert_eq!(identity.secret(old.id, until), None);
        assert_eq!(identity.secret(new.id, until), Some(&new));
        assert_eq!(identity.anonymous(new.id), None);
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let secret = IdentitySecret::generate(&Bytes(3));
        assert_eq!(secret.reveal().len(), 7 + 43);
        assert!(!format!("{secret:?}").contains(&secret.reveal()[7..]));
    }
}
