use aws_sdk_dynamodb::types::ReturnValue;

use crate::{StoreError, TenantStore, expression::Update, item::integer};

impl TenantStore {
    /// AP-09: takes the next ticket number, starting at 1. It is taken outside of any transaction, because all creations in
    /// a workspace would conflict on it. A creation that fails later leaves a gap.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn next_number(&self) -> Result<u64, StoreError> {
        let mut update = Update::default();
        update.add("last", 1);
        let output = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(self.keys().ticket_number().attributes()))
            .update_expression(update.expression())
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        output
            .attributes()
            .and_then(|attributes| integer(attributes, "last"))
            .and_then(|last| u64::try_from(last).ok())
            .ok_or_else(|| StoreError::Internal("the ticket number cannot be read".to_owned()))
    }
}
