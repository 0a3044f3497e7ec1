use deskless_domain::{PredefinedMessage, Resource, Timestamp};

use super::item::{FIELDS, LISTING, PLACE, read, unreadable};
use crate::{
    StoreError, TenantStore,
    expression::{number, text},
    item::string,
};

/// The most queries in a row that one page may take, when many have moved.
const MAX_TRIPS: usize = 10;

/// How far a walk through the titles has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortedPlace {
    /// When the walk began.
    pub began: Timestamp,
    /// The last place that was looked at.
    pub place: String,
}

/// One page of predefined messages.
#[derive(Debug)]
pub struct SortedPage {
    /// What is in it, by title.
    pub messages: Vec<Resource<PredefinedMessage>>,
    /// Where to go on, if there may be more.
    pub next: Option<SortedPlace>,
}

impl TenantStore {
    /// AP-80: one page of predefined messages by title, regardless of case. The index lags a write by a moment. A page
    /// ends at `limit`, at 1 MB of rows or after ten queries in a row.
    ///
    /// One that got another title after the walk began may have been shown under the old one: it is left out from then
    /// on, so that no walk shows it twice.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn list_predefined_messages(
        &self,
        after: Option<SortedPlace>,
        limit: usize,
    ) -> Result<SortedPage, StoreError> {
        let began = after.as_ref().map_or_else(|| self.clock().now(), |after| after.began);
        let is_first = after.is_none();
        let mut messages = Vec::new();
        let mut reached = after.map(|after| after.place);
        for _ in 0..MAX_TRIPS {
            let mut request = self
                .client()
                .query()
                .table_name(self.table())
                .index_name("gsi1")
                .expression_attribute_names("#listing", LISTING)
                .expression_attribute_values(
                    ":pk",
                    text(self.keys().collection(deskless_domain::Kind::PredefinedMessage)),
                )
                // One more than asked for tells whether there is another page.
                .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
            if !is_first {
                request = request
                    .filter_expression("attribute_not_exists(#fields.#moved) OR #fields.#moved < :began")
                    .expression_attribute_names("#fields", FIELDS)
                    .expression_attribute_names("#moved", "retitledAt")
                    .expression_attribute_values(":began", number(began.as_millis()));
            }
            request = match &reached {
                None => request.key_condition_expression("#listing = :pk"),
                Some(reached) => request
                    .key_condition_expression("#listing = :pk AND #place > :reached")
                    .expression_attribute_names("#place", PLACE)
                    .expression_attribute_values(":reached", text(reached)),
            };
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            let is_full = usize::try_from(output.scanned_count()).unwrap_or(0) <= limit;
            let end =
                output.last_evaluated_key().map(|key| string(key, PLACE).map(str::to_owned).ok_or_else(unreadable));
            reached = end.transpose()?;
            for item in output.items.unwrap_or_default() {
                let place = string(&item, PLACE).map(str::to_owned).ok_or_else(unreadable)?;
                messages.push((place, read(item)?));
            }
            // One that ended before its limit ended at 1 MB, and an answer may have 6.
            if reached.is_none() || messages.len() > limit || (is_full && !messages.is_empty()) {
                break;
            }
        }
        if messages.len() > limit {
            messages.truncate(limit);
            reached = messages.last().map(|(place, _)| place.clone());
        }
        Ok(SortedPage {
            messages: messages.into_iter().map(|(_, message)| message).collect(),
            next: reached.map(|place| SortedPlace { began, place }),
        })
    }
}
