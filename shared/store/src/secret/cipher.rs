//! AES-256-GCM under a data key.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use deskless_domain::{Clock, DataKeyId, Sealed};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::provider::PlainDataKey;
use crate::{StoreError, packed::pack, packed::unpack};

/// A data key that encrypts and decrypts.
pub(crate) struct DataKey {
    id: DataKeyId,
    key: LessSafeKey,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKey({})", self.id)
    }
}

impl DataKey {
    pub fn new(id: DataKeyId, plain: &PlainDataKey) -> Result<Self, StoreError> {
        let key = UnboundKey::new(&AES_256_GCM, &plain.0)
            .map_err(|_| StoreError::Internal("a data key has the wrong length".to_owned()))?;
        Ok(Self { id, key: LessSafeKey::new(key) })
    }

    /// Encrypts a secret: the data key's id, and nonce, ciphertext and tag in base64.
    ///
    /// Nonces are random. NIST SP 800-38D allows 2^32 of them under one key.
    pub fn seal(&self, secret: &str, place: &str, clock: &dyn Clock) -> Result<Sealed, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        clock.fill_random(&mut nonce);
        let mut bytes = secret.as_bytes().to_vec();
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.as_bytes()), &mut bytes)
            .map_err(|_| StoreError::Internal("a secret cannot be encrypted".to_owned()))?;
        let bytes = [&nonce, bytes.as_slice(), tag.as_ref()].concat();
        let text = format!("{}{}.{}", Sealed::PREFIX, pack(self.id), BASE64.encode(bytes));
        Sealed::parse(text).ok_or_else(unreadable)
    }

    /// Decrypts a secret that was encrypted for this place under this key.
    pub fn open(&self, sealed: &Sealed, place: &str) -> Result<String, StoreError> {
        let (_, digits) = parts(sealed).ok_or_else(unreadable)?;
        let mut bytes = BASE64.decode(digits).map_err(|_| unreadable())?;
        let (nonce, bytes) = bytes.split_first_chunk_mut::<NONCE_LEN>().ok_or_else(unreadable)?;
        let plain = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place.as_bytes()), bytes)
            .map_err(|_| {
                StoreError::Internal(
                    "a stored secret was modified, or belongs to another place of the table".to_owned(),
                )
            })?;
        String::from_utf8(plain.to_vec()).map_err(|_| unreadable())
    }
}

/// Returns the id of the data key of a secret.
pub(crate) fn key_of(sealed: &Sealed) -> Result<DataKeyId, StoreError> {
    parts(sealed).map(|(id, _)| id).ok_or_else(unreadable)
}

fn parts(sealed: &Sealed) -> Option<(DataKeyId, &str)> {
    let (id, digits) = sealed.as_str().strip_prefix(Sealed::PREFIX)?.split_once('.')?;
    Some((unpack(id)?, digits))
}

fn unreadable() -> StoreError {
    StoreError::Internal("a stored secret cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use deskless_domain::{Clock, DataKeyId, Sealed, Timestamp};

    use super::{DataKey, PlainDataKey, key_of};

    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1)
        }
        fn fill_random(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn key(byte: u8) -> DataKey {
        DataKey::new(DataKeyId::generate(&Still), &PlainDataKey([byte; 32])).expect("a key")
    }

    #[test]
    fn secret_opens_only_at_its_place_and_under_its_key() {
        let sealed = key(1).seal("whsec_hunter2", "a/b", &Still).expect("encrypted");
        assert!(!sealed.as_str().contains("hunter2"));
        assert_eq!(key_of(&sealed).expect("an id"), key(1).id);
        assert_eq!(key(1).open(&sealed, "a/b").expect("decrypted"), "whsec_hunter2");
        assert!(key(1).open(&sealed, "a/c").is_err(), "another place");
        assert!(key(2).open(&sealed, "a/b").is_err(), "another key");
    }

    #[test]
    fn modified_secret_is_refused() {
        let sealed = key(1).seal("whsec_hunter2", "a/b", &Still).expect("encrypted");
        for text in [
            sealed.as_str().replace("Bw", "Aw"),
            sealed.as_str()[..sealed.as_str().len() - 4].to_owned(),
            "sealed1.".to_owned(),
            "sealed1.a.b".to_owned(),
        ] {
            let other = Sealed::parse(text.clone()).expect("encrypted");
            assert!(key(1).open(&other, "a/b").is_err(), "{text}");
        }
    }
}
