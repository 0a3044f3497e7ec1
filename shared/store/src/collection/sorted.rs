use deskless_domain::{PredefinedMessage, Resource, Timestamp};

use super::item::{FIELDS, LISTING, SORT_KEY, read, unreadable};
use crate::{
    StoreError, TenantStore,
    expression::{number, text},
    item::string,
    keys::BY_STATUS,
};

/// The maximum number of consecutive queries for one page, if many messages have been renamed.
const MAX_QUERIES: usize = 10;

/// The position of a cursor in the list of predefined messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortedPosition {
    /// The time of the request for the first page.
    pub started_at: Timestamp,
    /// The sort key of the last message that was evaluated. It is stored in the cursor itself, because the message may have
    /// been deleted.
    pub sort_key: String,
}

/// One page of predefined messages.
#[derive(Debug)]
pub struct SortedPage {
    /// The predefined messages, by title.
    pub messages: Vec<Resource<PredefinedMessage>>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<SortedPosition>,
}

impl TenantStore {
    /// AP-80: lists predefined messages by title, case-insensitive. The sort key is the title in lower case, a tab and the
    /// id. The index is eventually consistent. A page ends at `limit` messages, at 1 MB or after ten consecutive queries.
    ///
    /// A message that was renamed after the first page may have been returned under its old title. Later pages omit it, so
    /// that no message is returned twice.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_predefined_messages(
        &self,
        after: Option<SortedPosition>,
        limit: usize,
    ) -> Result<SortedPage, StoreError> {
        let started_at = after.as_ref().map_or_else(|| self.clock().now(), |after| after.started_at);
        let is_first = after.is_none();
        let mut messages = Vec::new();
        let mut reached = after.map(|after| after.sort_key);
        for _ in 0..MAX_QUERIES {
            let mut request = self
                .client()
                .query()
                .table_name(self.table())
                .index_name(BY_STATUS.name)
                .expression_attribute_names("#listing", LISTING)
                .expression_attribute_values(
                    ":pk",
                    text(self.keys().collection(deskless_domain::Kind::PredefinedMessage)),
                )
                // One more than the limit shows whether there is another page.
                .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
            if !is_first {
                request = request
                    .filter_expression("attribute_not_exists(#fields.#moved) OR #fields.#moved < :started")
                    .expression_attribute_names("#fields", FIELDS)
                    .expression_attribute_names("#moved", "retitledAt")
                    .expression_attribute_values(":started", number(started_at.as_millis()));
            }
            request = match &reached {
                None => request.key_condition_expression("#listing = :pk"),
                Some(reached) => request
                    .key_condition_expression("#listing = :pk AND #sort_key > :reached")
                    .expression_attribute_names("#sort_key", SORT_KEY)
                    .expression_attribute_values(":reached", text(reached)),
            };
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            let is_truncated = usize::try_from(output.scanned_count()).unwrap_or(0) <= limit;
            let end =
                output.last_evaluated_key().map(|key| string(key, SORT_KEY).map(str::to_owned).ok_or_else(unreadable));
            reached = end.transpose()?;
            for item in output.items.unwrap_or_default() {
                let sort_key = string(&item, SORT_KEY).map(str::to_owned).ok_or_else(unreadable)?;
                messages.push((sort_key, read(item)?));
            }
            // A query that evaluates fewer items than its limit ended at 1 MB. A Lambda response is limited to 6 MB.
            if reached.is_none() || messages.len() > limit || (is_truncated && !messages.is_empty()) {
                break;
            }
        }
        if messages.len() > limit {
            messages.truncate(limit);
            reached = messages.last().map(|(sort_key, _)| sort_key.clone());
        }
        Ok(SortedPage {
            messages: messages.into_iter().map(|(_, message)| message).collect(),
            next: reached.map(|sort_key| SortedPosition { started_at, sort_key }),
        })
    }
}
