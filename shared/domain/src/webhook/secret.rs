//! The secret that signs webhook calls.

use crate::{Clock, StoredSecret, clock::random};

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
    use super::WebhookSecret;
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
    fn secret_is_base64_and_hidden_in_debug_output() {
        let secret = WebhookSecret::generate(&Still);
        assert_eq!(secret.reveal().len(), 6 + 48);
        assert_eq!(secret.digits(), &secret.reveal()[6..]);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    }
}
