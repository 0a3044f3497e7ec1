use deskless_domain::{ApiKey, KeyId};

use super::ApiKeyItem;
use crate::{StoreError, TenantStore, expression::text, item, keys::TenantKeys};

/// One page of API keys.
#[derive(Debug)]
pub struct KeyPage {
    /// The keys, oldest first, revoked ones included.
    pub keys: Vec<ApiKey>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<KeyId>,
}

impl TenantStore {
    /// AP-27: lists the workspace's API keys, oldest first, strongly consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn page_of_keys(&self, after: Option<KeyId>, limit: usize) -> Result<KeyPage, StoreError> {
        let [from, to] = TenantKeys::api_keys_after(after);
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(self.keys().workspace().pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .consistent_read(true)
            // One more than the limit shows whether there is another page.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let items = output.items.unwrap_or_default();
        let has_more = output.last_evaluated_key.is_some() || items.len() > limit;
        let read = items.into_iter().take(limit).map(|found| Ok(item::read::<ApiKeyItem>(found)?.into_key()));
        let keys = read.collect::<Result<Vec<_>, StoreError>>()?;
        let next = keys.last().filter(|_| has_more).map(|key| key.id);
        Ok(KeyPage { keys, next })
    }
}
