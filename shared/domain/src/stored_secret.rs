//! Secrets that are stored: encrypted texts, and secrets that are about to be encrypted.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

/// An encrypted secret, as text. It is useless without the data key that it names.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(String);

impl Sealed {
    /// How every encrypted secret begins. No secret of any kind begins like this.
    pub const PREFIX: &str = "sealed1.";

    /// Returns the encrypted secret with this text; `None` for a text that is not encrypted.
    #[must_use]
    pub fn parse(text: String) -> Option<Self> {
        text.starts_with(Self::PREFIX).then_some(Self(text))
    }

    /// Returns a value that cannot be decrypted, where only the presence of a secret matters.
    #[must_use]
    pub fn redacted() -> Self {
        Self(Self::PREFIX.to_owned())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(…)")
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    /// Refuses a text that is not encrypted. The error does not contain it, because it can be a secret.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text).ok_or_else(|| de::Error::custom("a stored secret is not encrypted"))
    }
}

/// A secret of a stored object. Only an encrypted one can be serialized.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredSecret {
    /// A new secret in plain text. The store encrypts it when it writes the object.
    New(String),
    /// A stored secret, encrypted.
    Sealed(Sealed),
}

impl StoredSecret {
    /// Returns a value that stands for a secret where only its presence matters.
    #[must_use]
    pub fn redacted() -> Self {
        Self::Sealed(Sealed::redacted())
    }
}

impl std::fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredSecret(…)")
    }
}

impl Serialize for StoredSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::New(_) => Err(ser::Error::custom("a secret must be encrypted before it is stored")),
            Self::Sealed(sealed) => sealed.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for StoredSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Sealed::deserialize(deserializer).map(Self::Sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Sealed, StoredSecret};

    #[test]
    fn plain_secret_is_neither_written_nor_read() {
        let new = StoredSecret::New("whsec_hunter2".to_owned());
        assert!(serde_json::to_string(&new).is_err());
        assert!(!format!("{new:?}").contains("hunter2"));
        let read = serde_json::from_str::<StoredSecret>("\"whsec_hunter2\"").expect_err("not encrypted").to_string();
        assert!(read.starts_with("a stored secret is not encrypted"), "{read}");
    }

    #[test]
    fn encrypted_secret_survives_json() {
        let sealed = StoredSecret::Sealed(Sealed::parse("sealed1.abc".to_owned()).expect("encrypted"));
        let json = serde_json::to_string(&sealed).expect("JSON");
        assert_eq!(serde_json::from_str::<StoredSecret>(&json).expect("a secret"), sealed);
    }
}
