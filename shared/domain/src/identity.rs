//! What a workspace proves its customers' identities with.

use crate::{Clock, SecretId, Timestamp, clock::random};

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// 43 digits of base 64 hold the 256 bits that HS256 wants of its key.
const DIGITS: usize = 43;
const PREFIX: &str = "dsk_id_";

/// A secret under which tokens are signed (HS256). Its key is the text as it is shown, byte by byte, since that is what
/// JWT libraries make of a text.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentitySecret {
    /// What a token's `kid` says.
    pub id: SecretId,
    /// When it was made.
    pub created_at: Timestamp,
    text: String,
}

impl IdentitySecret {
    /// A new secret: `dsk_id_` and 258 random bits.
    #[must_use]
    pub fn generate(clock: &dyn Clock) -> Self {
        let digits = random::<DIGITS>(clock).map(|byte| char::from(BASE64URL[usize::from(byte % 64)]));
        let text = PREFIX.chars().chain(digits).collect();
        Self { id: SecretId::generate(clock), created_at: clock.now(), text }
    }

    /// A secret that was stored.
    #[must_use]
    pub fn stored(id: SecretId, created_at: Timestamp, text: String) -> Self {
        Self { id, created_at, text }
    }

    /// The secret itself.
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

/// A workspace's secrets: the one that its back end signs with, the one before for a while, and the one with which
/// Deskless itself signs for visitors who have no identity.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Signs customers' tokens.
    pub current: Option<IdentitySecret>,
    /// The one before, and until when it still counts.
    pub previous: Option<(IdentitySecret, Timestamp)>,
    /// Signs anonymous customers' tokens. It never leaves Deskless.
    pub anonymous: Option<IdentitySecret>,
}

impl Identity {
    /// For how long the secret before the current one still counts: a day.
    pub const OVERLAP_SECONDS: i64 = 24 * 60 * 60;

    /// The back end's secret with this id, if it counts at this moment.
    #[must_use]
    pub fn secret(&self, id: SecretId, now: Timestamp) -> Option<&IdentitySecret> {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        self.current.iter().chain(previous).find(|secret| secret.id == id)
    }

    /// Our own secret, if it has this id.
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
    fn the_secret_before_counts_until_its_time_is_over() {
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
