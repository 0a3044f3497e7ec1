use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use deskless_runtime::LocalDataKeys;
use deskless_store::{DATA_KEY_BYTES, DataKeyProvider, NewDataKey, PlainDataKey, StoreError};
use futures_util::future::BoxFuture;

use crate::{KnownSecrets, TestClock};

/// The key of every world's data keys, as KMS has it for a deployed table.
const KEY: [u8; DATA_KEY_BYTES] = *b"the key of a test's data keys ..";

/// The data keys of a world: records what is asked of them, and knows them as secrets.
#[derive(Debug)]
pub struct TestDataKeys {
    keys: LocalDataKeys,
    known: Arc<KnownSecrets>,
    calls: Mutex<Vec<&'static str>>,
}

impl TestDataKeys {
    pub(crate) fn new(known: Arc<KnownSecrets>) -> Self {
        Self { keys: LocalDataKeys::new(KEY, Arc::new(TestClock::new(4711))), known, calls: Mutex::default() }
    }

    /// Returns the key file for functions that are started as processes.
    #[must_use]
    pub fn key_file() -> String {
        use base64::{Engine, prelude::BASE64_STANDARD};
        BASE64_STANDARD.encode(KEY)
    }

    /// Returns the permissions on the KMS key that the calls since the last time needed.
    pub fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the permissions on the KMS key that the calls since the last time needed, each once.
    pub fn take_permissions(&self) -> BTreeSet<String> {
        self.take_calls().into_iter().map(str::to_owned).collect()
    }

    fn note(&self, call: &'static str) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

impl DataKeyProvider for TestDataKeys {
    fn generate(&self) -> BoxFuture<'_, Result<NewDataKey, StoreError>> {
        self.note("kms:GenerateDataKey");
        Box::pin(async move {
            let new = self.keys.generate().await?;
            self.known.note_bytes(&new.plain.0);
            Ok(new)
        })
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8]) -> BoxFuture<'a, Result<PlainDataKey, StoreError>> {
        self.note("kms:Decrypt");
        self.keys.unwrap(wrapped)
    }
}
