use std::fmt::Debug;

use futures_util::future::BoxFuture;

use crate::StoreError;

/// The length of a data key: 256 bits.
pub const DATA_KEY_BYTES: usize = 32;

/// A data key in plain. It never leaves the process.
pub struct PlainDataKey(pub [u8; DATA_KEY_BYTES]);

impl Debug for PlainDataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlainDataKey(…)")
    }
}

/// A new data key.
#[derive(Debug)]
pub struct NewDataKey {
    /// The key in plain.
    pub plain: PlainDataKey,
    /// The key, encrypted. This is what is stored.
    pub wrapped: Vec<u8>,
}

/// Encrypts data keys: AWS KMS, or a local file for development.
pub trait DataKeyProvider: Debug + Send + Sync {
    /// Generates a data key. Only operators do.
    fn generate(&self) -> BoxFuture<'_, Result<NewDataKey, StoreError>>;

    /// Decrypts a stored data key.
    fn unwrap<'a>(&'a self, wrapped: &'a [u8]) -> BoxFuture<'a, Result<PlainDataKey, StoreError>>;
}
