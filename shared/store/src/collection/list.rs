use deskless_domain::{Collected, Resource};

use super::item::{ARCHIVED_AT, id_of, read};
use crate::{
    StoreError, TenantStore,
    expression::{packed_id, text},
};

/// The maximum number of consecutive queries for one page, if many resources are archived.
const MAX_QUERIES: usize = 10;

/// The number of resources of a whole collection that are included in a request.
const INCLUDED: usize = 100;

/// One page of a collection.
#[derive(Debug)]
pub struct ResourcePage<T: Collected> {
    /// The resources, oldest first, without archived ones.
    pub resources: Vec<Resource<T>>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<T::Id>,
}

impl TenantStore {
    /// AP-19: lists a collection, oldest first, strongly consistent. A page ends at `limit` resources, at 1 MB or after ten
    /// consecutive queries.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_resources<T: Collected>(
        &self,
        after: Option<T::Id>,
        limit: usize,
    ) -> Result<ResourcePage<T>, StoreError> {
        let mut resources: Vec<Resource<T>> = Vec::new();
        let mut reached = after;
        for _ in 0..MAX_QUERIES {
            let mut request = self
                .client()
                .query()
                .table_name(self.table())
                .consistent_read(true)
                .filter_expression(format!("attribute_not_exists({ARCHIVED_AT})"))
                .expression_attribute_values(":pk", text(self.keys().collection(T::KIND)))
                // One more than the limit shows whether there is another page.
                .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
            request = match reached {
                None => request.key_condition_expression("pk = :pk"),
                Some(reached) => request
                    .key_condition_expression("pk = :pk AND sk > :reached")
                    .expression_attribute_values(":reached", packed_id(reached)),
            };
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            let is_truncated = usize::try_from(output.scanned_count()).unwrap_or(0) <= limit;
            reached = output.last_evaluated_key().map(id_of::<T>).transpose()?;
            for item in output.items.unwrap_or_default() {
                resources.push(read(item)?);
            }
            // A query that evaluates fewer items than its limit ended at 1 MB. A Lambda response is limited to 6 MB.
            if reached.is_none() || resources.len() > limit || (is_truncated && !resources.is_empty()) {
                break;
            }
        }
        if resources.len() > limit {
            resources.truncate(limit);
            reached = resources.last().map(|resource| resource.id);
        }
        Ok(ResourcePage { resources, next: reached })
    }

    /// AP-19: reads a whole collection, oldest first, without archived resources: at most 1,000. The first 100 are included in a request,
    /// the others count against the rate limits.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn all_resources<T: Collected>(&self) -> Result<Vec<Resource<T>>, StoreError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.list_resources::<T>(after, T::KIND.max_resources()).await?;
            all.extend(page.resources);
            after = page.next;
            if after.is_none() {
                self.work().scan(all.len().saturating_sub(INCLUDED));
                return Ok(all);
            }
        }
    }
}
