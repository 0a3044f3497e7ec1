//! Finds traces of data that was erased.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::read::{DeflateDecoder, GzDecoder};
use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::World;

impl World {
    /// Returns the places that contain one of these words, in any case: items with their keys and stored responses, names and
    /// contents of objects, and failed records.
    pub async fn traces(&self, words: &[&str]) -> Vec<String> {
        let mut places = Vec::new();
        for row in self.all_rows().await {
            let mut texts = Vec::new();
            collect(&row.0, &mut texts);
            places.push((format!("{} {}", row.pk(), row.sk()), texts.join("\n")));
        }
        for key in self.objects() {
            let bytes = std::fs::read(self.bucket_folder().join(&key)).expect("an object");
            places.push((format!("object {key}"), format!("{key} {}", String::from_utf8_lossy(&bytes))));
        }
        places.extend(self.parked().into_iter().map(|record| ("failed record".to_owned(), record.to_string())));
        found(&places, words)
    }
}

/// Returns the words that the texts contain, with their places.
fn found(places: &[(String, String)], words: &[&str]) -> Vec<String> {
    let words = words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
    let found = places.iter().flat_map(|(place, text)| {
        let text = text.to_lowercase();
        let contained = words.iter().filter(|word| text.contains(word.as_str()));
        contained.map(|word| format!("{word} in {place}")).collect::<Vec<_>>()
    });
    found.collect()
}

/// Collects all texts of a value: names, strings, and bytes in every encoding that the table has.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => {
            for (name, field) in fields {
                texts.push(name.clone());
                match field.as_str().filter(|_| name == "B").and_then(|text| STANDARD.decode(text).ok()) {
                    Some(bytes) => texts.extend(decoded(&bytes)),
                    None => collect(field, texts),
                }
            }
        }
        _ => {}
    }
}

fn decoded(bytes: &[u8]) -> Vec<String> {
    let units: Vec<_> = bytes.chunks_exact(2).map(|pair| u16::from(pair[0]) << 8 | u16::from(pair[1])).collect();
    let mut texts = vec![String::from_utf8_lossy(bytes).into_owned(), String::from_utf16_lossy(&units)];
    let mut unzipped = String::new();
    if GzDecoder::new(bytes).read_to_string(&mut unzipped).is_ok() {
        texts.push(unzipped);
    }
    // The data of events.
    let mut inflated = String::new();
    if DeflateDecoder::new(bytes).read_to_string(&mut inflated).is_ok() {
        texts.push(inflated);
    }
    texts
}

/// The log lines of this thread, at every level, from its creation on.
pub struct CapturedLog {
    lines: Lines,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl CapturedLog {
    /// Starts to capture.
    #[must_use]
    pub fn start() -> Self {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(lines.clone())
            .finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// Returns the captured lines.
    ///
    /// # Panics
    /// If a thread panicked while it wrote.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lines.0.lock().expect("the lines")).into_owned()
    }

    /// Returns the words that the lines contain, in any case.
    #[must_use]
    pub fn traces(&self, words: &[&str]) -> Vec<String> {
        found(&[("the log".to_owned(), self.text())], words)
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().map_err(|e| std::io::Error::other(e.to_string()))?.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
