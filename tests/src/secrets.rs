//! Secrets that a test has seen, and the search for them in everything that is stored.

use std::{
    collections::BTreeSet,
    io::Read,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::read::GzDecoder;
use serde_json::Value;

use deskless_infra::stream::Stream;

use crate::{Row, TestResponse, World};

/// The names of fields that hold a secret, in requests and in responses.
const FIELDS: [&str; 7] =
    ["secret", "webhookSecret", "customerToken", "accessToken", "appSecret", "authorization", "Authorization"];

/// Shorter texts are found by accident.
const SHORTEST: usize = 8;

/// Every secret that a world has generated, received or shown.
#[derive(Debug, Default)]
pub struct KnownSecrets(Mutex<BTreeSet<Vec<u8>>>);

impl KnownSecrets {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a secret text.
    pub fn note(&self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.lock().insert(secret.as_bytes().to_vec());
        }
    }

    /// Adds the bytes of a key, also as they look in base64.
    pub fn note_bytes(&self, key: &[u8]) {
        self.lock().insert(key.to_vec());
        // The last digits depend on the padding.
        self.note(BASE64_STANDARD.encode(key).trim_end_matches('='));
    }

    /// Adds the secrets of a request and of its response.
    pub(crate) fn note_exchange(&self, request: &str, response: &TestResponse) {
        if let Some(token) = response.headers.get("x-customer-token").and_then(|token| token.to_str().ok()) {
            self.note(token);
        }
        for text in [request.as_bytes(), &response.bytes] {
            if FIELDS.iter().any(|name| contains(text, name.as_bytes())) {
                self.note_fields(&serde_json::from_slice(text).unwrap_or_default());
            }
        }
    }

    fn note_fields(&self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str().filter(|_| FIELDS.contains(&name.as_str())) {
                        Some(secret) => self.note(secret),
                        None => self.note_fields(value),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.note_fields(value)),
            _ => {}
        }
    }

    /// Returns how many secrets are known.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Returns a message for each known secret in these bytes. Gzipped bytes are unpacked.
    #[must_use]
    pub fn find(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let mut unpacked = Vec::new();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let _ = GzDecoder::new(bytes).read_to_end(&mut unpacked);
        }
        let secrets = self.lock();
        let found = secrets.iter().filter(|secret| contains(bytes, secret) || contains(&unpacked, secret));
        found.map(|secret| format!("{place} has the secret {}", String::from_utf8_lossy(secret))).collect()
    }

    /// Returns a message for each known secret in a JSON value, such as an item or a stream record. Binary attributes are
    /// decoded.
    #[must_use]
    pub fn find_in_json(&self, place: &str, value: &Value) -> Vec<String> {
        match value {
            Value::String(text) => {
                let decoded = BASE64_STANDARD.decode(text).unwrap_or_default();
                [self.find(place, text.as_bytes()), self.find(place, &decoded)].concat()
            }
            Value::Array(values) => values.iter().flat_map(|value| self.find_in_json(place, value)).collect(),
            Value::Object(fields) => {
                let named = fields.iter().map(|(name, value)| (format!("{place}.{name}"), value));
                named.flat_map(|(place, value)| self.find_in_json(&place, value)).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && text.windows(part.len()).any(|window| window == part)
}

impl World {
    /// Returns the secrets that this world has generated, received or shown.
    #[must_use]
    pub fn known_secrets(&self) -> &KnownSecrets {
        &self.secrets
    }

    /// Returns a message for each known secret in these items, and in the objects of both buckets.
    pub(crate) fn leaks(&self, rows: &[Row]) -> Vec<String> {
        let mut leaks: Vec<_> = rows
            .iter()
            .flat_map(|row| self.secrets.find_in_json(&format!("{} {}", row.pk(), row.sk()), &row.0))
            .collect();
        self.search_folder(self.objects.path(), &mut leaks);
        leaks
    }

    /// Returns a message for each known secret in the table, its stream and the buckets.
    pub async fn find_secrets(&self) -> Vec<String> {
        let mut leaks = self.leaks(&self.all_rows().await);
        let mut stream =
            Stream::open(self.engine_url(), self.table_name(), None).await.expect("the table has a stream");
        loop {
            let records = stream.next().await.expect("the stream is read");
            if records.is_empty() {
                return leaks;
            }
            leaks.extend(records.iter().flat_map(|record| self.secrets.find_in_json("stream", record)));
        }
    }

    fn search_folder(&self, folder: &Path, leaks: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                self.search_folder(&path, leaks);
            } else {
                let bytes = std::fs::read(&path).expect("an object");
                leaks.extend(self.secrets.find(&path.display().to_string(), &bytes));
            }
        }
    }
}
