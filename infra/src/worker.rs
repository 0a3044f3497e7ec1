//! The functions that no route leads to: the workers on the table's stream.

use std::sync::LazyLock;

use anyhow::Result;
use deskless_outbound::Client;
use deskless_store::Store;
use serde_json::{Value, json};

use crate::filter::Filter;

/// A function on the table's stream, with an event source mapping of its own in `template.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worker {
    /// What follows from a write at once.
    Events,
    /// What takes longer: bulk actions and automations, step by step.
    Jobs,
}

impl Worker {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Events, Self::Jobs];

    /// The function's name in the template.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Jobs => "jobs",
        }
    }

    /// The filter patterns of its event source mapping.
    #[must_use]
    pub const fn filters(self) -> &'static [&'static str] {
        match self {
            Self::Events => deskless_events::STREAM_FILTERS,
            Self::Jobs => deskless_jobs::STREAM_FILTERS,
        }
    }

    /// Whether its event source mapping delivers this record.
    #[must_use]
    pub fn wants(self, record: &Value) -> bool {
        static FILTERS: LazyLock<[Vec<Filter>; Worker::ALL.len()]> = LazyLock::new(|| {
            let parse = |pattern: &&str| Filter::parse(pattern).expect("a pattern that `Filter` understands");
            Worker::ALL.map(|worker| worker.filters().iter().map(parse).collect())
        });
        FILTERS[self as usize].iter().any(|filter| filter.matches(record))
    }

    /// Hands it records in this process. Gives the sequence number of the first one that has to come again.
    ///
    /// # Errors
    /// When these are no records.
    pub async fn hand_over(self, store: &Store, records: &[Value]) -> Result<Option<String>> {
        self.hand_over_with(store, deskless_outbound::client(), records).await
    }

    /// The same, with this client for webhooks.
    ///
    /// # Errors
    /// When these are no records.
    pub async fn hand_over_with(self, store: &Store, client: &Client, records: &[Value]) -> Result<Option<String>> {
        let event = serde_json::from_value(event(records))?;
        let answer = match self {
            Self::Events => deskless_events::handle(store.clone(), event).await,
            Self::Jobs => deskless_jobs::handle_with(store.clone(), client, event).await,
        };
        Ok(answer.batch_item_failures.into_iter().next().and_then(|failure| failure.item_identifier))
    }
}

/// Records as a function gets them.
#[must_use]
pub fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}
