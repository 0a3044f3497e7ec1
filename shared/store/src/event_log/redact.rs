//! Removes the data of events about what was deleted.

use futures_util::{StreamExt, TryStreamExt, stream};

use deskless_domain::EventType;

use super::{
    EventSource, EventSubject,
    entry::{DATA, TYPE},
};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, text},
    item::{Item, string},
    keys::Key,
};

/// Events whose data is only ids.
const DELETIONS: [EventType; 3] =
    [EventType::ConversationDeleted, EventType::MessageDeleted, EventType::CustomerErased];
/// The number of events that are written concurrently.
const CONCURRENCY: usize = 8;

impl TenantStore {
    /// AP-176: removes the data of a subject's events: all of them, or those of the message or customer that `of` is an event of. Events of
    /// deletions stay, because they have only ids. One write for each.
    ///
    /// # Errors
    /// When the table does not respond. A repeat removes the rest.
    pub async fn redact_events(&self, subject: &EventSubject, of: Option<&EventSource>) -> Result<(), StoreError> {
        let mut pages = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression(if of.is_some() { "pk = :pk AND begins_with(sk, :sk)" } else { "pk = :pk" })
            .filter_expression("(attribute_exists(#d) OR attribute_exists(#z)) AND NOT #k IN (:k0, :k1, :k2)")
            .expression_attribute_names("#k", TYPE)
            .expression_attribute_names("#d", DATA[0])
            .expression_attribute_names("#z", DATA[1])
            .projection_expression("pk, sk")
            .set_expression_attribute_values(Some(self.values(subject, of)))
            .consistent_read(true)
            .into_paginator()
            .send();
        // Page by page, so that an interrupted call has done a part of the work.
        while let Some(page) = pages.next().await {
            let items = page.map_err(|e| StoreError::from_sdk(&e))?.items.unwrap_or_default();
            let redacted = items.into_iter().map(|item| self.redact(item));
            let () = stream::iter(redacted).buffer_unordered(CONCURRENCY).try_collect().await?;
        }
        Ok(())
    }

    async fn redact(&self, event: Item) -> Result<(), StoreError> {
        let Some((pk, sk)) = string(&event, "pk").zip(string(&event, "sk")) else { return Ok(()) };
        let mut update = Update::default();
        for attribute in DATA {
            update.remove(attribute);
        }
        let key = Key { pk: pk.to_owned(), sk: sk.to_owned() };
        self.update_if(key, update, Condition::exists()).await.map(drop)
    }

    fn values(&self, subject: &EventSubject, of: Option<&EventSource>) -> Item {
        let mut values: Item = [(":pk".to_owned(), text(self.keys().events_of(subject)))].into();
        values.extend(DELETIONS.iter().enumerate().map(|(i, deletion)| (format!(":k{i}"), text(deletion))));
        values.extend(of.map(|of| (":sk".to_owned(), text(of.family()))));
        values
    }

    /// Returns which of these events of a subject the log has. One read unit for each.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn known_events(
        &self,
        subject: &EventSubject,
        sources: &[EventSource],
    ) -> Result<Vec<EventSource>, StoreError> {
        let keys = sources.iter().map(|source| self.keys().event(subject, source)).collect();
        let found = self.get_all(keys, true).await?;
        let is_found = |source: &EventSource| {
            let sk = source.to_string();
            found.iter().any(|item| string(item, "sk") == Some(sk.as_str()))
        };
        Ok(sources.iter().copied().filter(is_found).collect())
    }
}
