//! Lists that expire.

use aws_sdk_dynamodb::operation::query::QueryOutput;

use crate::{
    StoreError, TenantStore,
    expression::{number, text},
};

impl TenantStore {
    /// Reads the items of a partition whose sort keys are in this range and that have not expired: newest first, strongly consistent, at
    /// most `limit` items, expired ones included.
    pub(crate) async fn newest_first(
        &self,
        partition: String,
        [from, to]: [String; 2],
        limit: usize,
    ) -> Result<QueryOutput, StoreError> {
        self.client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .filter_expression("expiresAt > :now")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .expression_attribute_values(":now", number(self.clock().now().as_seconds()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))
    }
}
