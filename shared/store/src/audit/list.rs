use deskless_domain::{AuditAction, AuditEntry, AuditEntryId, AuditFilter, CustomerId};

use super::item::{attributes, id_of, read};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    keys::TenantKeys,
};

/// The number of entries that one query evaluates, if there is a filter.
const EVALUATED: usize = 500;
/// The maximum number of consecutive queries for one page, if few entries match.
const MAX_QUERIES: usize = 10;

/// One page of the audit log.
#[derive(Debug)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<AuditEntryId>,
}

impl TenantStore {
    /// AP-97: lists the audit log of the last 90 days, newest first, strongly consistent. Times bound the query. Other filters
    /// are evaluated by DynamoDB, 500 entries at a time. A page ends at `limit` entries or after ten consecutive queries.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_audit_log(
        &self,
        filter: &AuditFilter,
        before: Option<AuditEntryId>,
        limit: usize,
    ) -> Result<AuditPage, StoreError> {
        let (from, mut to) = TenantKeys::audit_range(filter, before);
        let mut entries = Vec::new();
        let mut next = None;
        for _ in 0..MAX_QUERIES {
            if from >= to {
                break;
            }
            let condition = self.audit_condition(filter);
            // One more than the limit shows whether there is another page.
            let evaluated = if is_bare(filter) { limit + 1 } else { EVALUATED };
            let expression = condition.expression();
            let (names, values) = condition.placeholders(Update::default());
            let output = self
                .client()
                .query()
                .table_name(self.table())
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .set_filter_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .expression_attribute_values(":pk", text(self.keys().audit_log()))
                .expression_attribute_values(":from", text(&from))
                .expression_attribute_values(":to", text(&to))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(i32::try_from(evaluated).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(|e| StoreError::from_sdk(&e))?;
            self.work().read(usize::try_from(output.scanned_count()).unwrap_or(0));
            next = output.last_evaluated_key().map(id_of).transpose()?;
            for found in output.items.unwrap_or_default() {
                entries.push(read(found)?);
            }
            match next {
                Some(reached) if entries.len() <= limit => to = TenantKeys::before_audit_entry(reached),
                _ => break,
            }
        }
        if entries.len() > limit {
            entries.truncate(limit);
            next = entries.last().map(|entry| entry.id);
        }
        Ok(AuditPage { entries, next })
    }

    fn audit_condition(&self, filter: &AuditFilter) -> Condition {
        let mut condition = Condition::none();
        let now = condition.value(number(self.clock().now().as_seconds()));
        let mut condition = condition.and(format!("expiresAt > {now}"));
        if let Some(actor) = filter.actor_type {
            condition = condition.equals(attributes::ACTOR, text(actor));
        }
        if let Some(id) = &filter.actor_id {
            let (actor, key) = (condition.name(attributes::ACTOR_ID), condition.name(attributes::KEY_ID));
            let id = condition.value(text(id));
            condition = condition.and(format!("({actor} = {id} OR {key} = {id})"));
        }
        if let Some(action) = filter.action {
            condition = condition.equals(attributes::ACTION, text(action));
        }
        if let Some(of_type) = filter.object_type {
            let action = condition.name(attributes::ACTION);
            let prefix = condition.value(text(format!("{of_type}.")));
            condition = condition.and(format!("begins_with({action}, {prefix})"));
        }
        if let Some(id) = &filter.object_id {
            let object = condition.name(attributes::OBJECT_ID);
            // All other ids are UUIDs, in either case.
            let plain = AuditEntryId::parse(id).map_or(id.clone(), |id| id.to_string());
            let plain = condition.value(text(plain));
            // Entries have a digest of a customer's id.
            let digest = CustomerId::parse(id.clone()).map(|id| TenantKeys::digest_of_customer(&id));
            let digest = condition.value(text(digest.as_deref().unwrap_or(id)));
            let action = condition.name(attributes::ACTION);
            let erased = condition.value(text(AuditAction::CustomerErased));
            condition = condition.and(format!("({object} = {plain} OR ({action} = {erased} AND {object} = {digest}))"));
        }
        condition
    }
}

/// Returns whether all entries of the range match.
fn is_bare(filter: &AuditFilter) -> bool {
    let times = AuditFilter {
        created_after: filter.created_after,
        created_before: filter.created_before,
        ..AuditFilter::default()
    };
    *filter == times
}
