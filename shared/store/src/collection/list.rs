use deskless_domain::{Collected, Resource};

use super::item::{ARCHIVED_AT, id_of, read};
use crate::{StoreError, TenantStore, expression::text};

/// The most queries in a row that one page may take, when many are archived.
const MAX_TRIPS: usize = 10;

/// One page of a collection.
#[derive(Debug)]
pub struct ResourcePage<T: Collected> {
    /// What is in it, oldest first, without what is archived.
    pub resources: Vec<Resource<T>>,
    /// Where to go on, if there may be more.
    pub next: Option<T::Id>,
}

impl TenantStore {
    /// AP-19: one page of a collection, oldest first, read strongly. It ends at `limit`, at 1 MB of rows or after ten
    /// queries in a row.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn list_resources<T: Collected>(
        &self,
        after: Option<T::Id>,
        limit: usize,
    ) -> Result<ResourcePage<T>, StoreError> {
        let mut resources: Vec<Resource<T>> = Vec::new();
        let mut reached = after;
        for _ in 0..MAX_TRIPS {
            let mut request = self
                .client()
                .query()
                .table_name(self.table())
                .consistent_read(true)
                .filter_expression(format!("attribute_not_exists({ARCHIVED_AT})"))
                .expression_attribute_values(":pk", text(self.keys().collection(T::KIND)))
                // One more than asked for tells whether there is another page.
                .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
            request = match reached {
                None => request.key_condition_expression("pk = :pk"),
                Some(reached) => request
                    .key_condition_expression("pk = :pk AND sk > :reached")
                    .expression_attribute_values(":reached", text(reached)),
            };
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            let is_full = usize::try_from(output.scanned_count()).unwrap_or(0) <= limit;
            reached = output.last_evaluated_key().map(id_of::<T>).transpose()?;
            for item in output.items.unwrap_or_default() {
                resources.push(read(item)?);
            }
            // One that ended before its limit ended at 1 MB, and an answer may have 6.
            if reached.is_none() || resources.len() > limit || (is_full && !resources.is_empty()) {
                break;
            }
        }
        if resources.len() > limit {
            resources.truncate(limit);
            reached = resources.last().map(|resource| resource.id);
        }
        Ok(ResourcePage { resources, next: reached })
    }
}
