use std::{
    fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use deskless_domain::Clock;
use deskless_store::{DATA_KEY_BYTES, DataKeyProvider, NewDataKey, PlainDataKey, StoreError};
use futures_util::future::{self, BoxFuture};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

const PURPOSE: &[u8] = b"deskless data key";

/// A key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("cannot open the key file {0}: {1}")]
    Io(PathBuf, io::Error),
    /// The file does not contain a key.
    #[error("{0} is not a key file: it must have 32 bytes in base64")]
    Malformed(PathBuf),
}

/// Data keys that a local key encrypts, in place of AWS KMS. For development and tests only.
#[derive(Debug)]
pub struct LocalDataKeys {
    key: LessSafeKey,
    clock: Arc<dyn Clock>,
}

impl LocalDataKeys {
    /// Creates data keys that this key encrypts.
    #[must_use]
    pub fn new(key: [u8; DATA_KEY_BYTES], clock: Arc<dyn Clock>) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &key).expect("the key has 256 bits");
        Self { key: LessSafeKey::new(key), clock }
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// If the file cannot be read or contains no key.
    pub fn read(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, KeyFileError> {
        let text = fs::read_to_string(path).map_err(|e| KeyFileError::Io(path.to_owned(), e))?;
        let bytes = BASE64_STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self::new(bytes.ok_or_else(|| KeyFileError::Malformed(path.to_owned()))?, clock))
    }

    /// Reads a key file, which is created if it does not exist. Only its owner can read it.
    ///
    /// # Errors
    /// If the file cannot be read or written, or contains no key.
    pub fn read_or_create(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, KeyFileError> {
        let failed = |e| KeyFileError::Io(path.to_owned(), e);
        match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(mut file) => {
                let mut key = [0; DATA_KEY_BYTES];
                clock.fill_random(&mut key);
                writeln!(file, "{}", BASE64_STANDARD.encode(key)).map_err(failed)?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        Self::read(path, clock)
    }

    fn wrap(&self, plain: &PlainDataKey) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        self.clock.fill_random(&mut nonce);
        let mut bytes = plain.0.to_vec();
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(PURPOSE), &mut bytes)
            .map_err(|_| StoreError::Internal("a data key cannot be encrypted".to_owned()))?;
        Ok([&nonce, bytes.as_slice(), tag.as_ref()].concat())
    }

    fn open(&self, wrapped: &[u8]) -> Option<PlainDataKey> {
        let mut bytes = wrapped.to_vec();
        let (nonce, bytes) = bytes.split_first_chunk_mut::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.key.open_in_place(nonce, Aad::from(PURPOSE), bytes).ok()?;
        (&*plain).try_into().ok().map(PlainDataKey)
    }
}

impl DataKeyProvider for LocalDataKeys {
    fn generate(&self) -> BoxFuture<'_, Result<NewDataKey, StoreError>> {
        let mut plain = PlainDataKey([0; DATA_KEY_BYTES]);
        self.clock.fill_random(&mut plain.0);
        let wrapped = self.wrap(&plain);
        Box::pin(future::ready(wrapped.map(|wrapped| NewDataKey { plain, wrapped })))
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8]) -> BoxFuture<'a, Result<PlainDataKey, StoreError>> {
        let opened = self.open(wrapped).ok_or_else(|| {
            StoreError::Internal("the key file is not the one that the stored data key was encrypted with".to_owned())
        });
        Box::pin(future::ready(opened))
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, sync::Arc};

    use deskless_store::DataKeyProvider;

    use super::LocalDataKeys;
    use crate::SystemClock;

    #[tokio::test]
    async fn key_file_is_private_and_opens_only_its_data_keys() {
        let folder = std::env::temp_dir().join(format!("deskless-key-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = |name: &str| folder.join(name);
        let open = |name: &str| LocalDataKeys::read_or_create(&path(name), Arc::new(SystemClock)).expect("a key file");
        let new = open("a").generate().await.expect("a data key");
        let mode = std::fs::metadata(path("a")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = open("a").unwrap(&new.wrapped).await.expect("the file was read again");
        assert_eq!(again.0, new.plain.0);
        assert!(open("b").unwrap(&new.wrapped).await.is_err(), "another key file");
        std::fs::write(path("c"), "short").expect("written");
        assert!(LocalDataKeys::read(&path("c"), Arc::new(SystemClock)).is_err());
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
