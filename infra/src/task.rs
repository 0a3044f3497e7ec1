//! The functions that neither a route nor the table's stream leads to.

use anyhow::Result;
use deskless_store::Store;
use serde_json::Value;

/// A function that a schedule or another function invokes, asynchronously.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// What is due at a time, once a minute.
    Timers,
    /// What is due at one webhook.
    Deliveries,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Timers, Self::Deliveries];

    /// Returns the function's name in the template.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timers => "timers",
            Self::Deliveries => "deliveries",
        }
    }

    /// Runs it in this process, and returns its response.
    ///
    /// # Errors
    /// When the event is not one of this function.
    pub async fn run(self, store: &Store, event: Value) -> Result<Value> {
        Ok(match self {
            Self::Timers => serde_json::to_value(deskless_timers::handle(store.clone(), event).await)?,
            Self::Deliveries => {
                deskless_deliveries::handle(store.clone(), serde_json::from_value(event)?).await?;
                Value::Null
            }
        })
    }
}
