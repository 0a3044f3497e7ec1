use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use deskless_domain::AttemptId;

use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    error::{causes, is_transient},
    expression::Update,
    item::Item,
    keys::Key,
};

/// Writes that come to be together or not at all.
#[derive(Debug, Default, Clone)]
pub(crate) struct Transaction {
    items: Vec<TransactWriteItem>,
}

/// Which of a transaction's writes a refusal speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(usize);

/// How a transaction ended, other than by a fault.
#[derive(Debug)]
pub(crate) enum Outcome {
    Committed,
    /// At least one condition did not hold; nothing was written.
    Refused(Refusal),
}

/// The conditions that did not hold, by the place of their write.
#[derive(Debug)]
pub(crate) struct Refusal(Vec<Option<Standing>>);

/// What stood where a condition did not hold.
#[derive(Debug)]
pub(crate) enum Standing {
    Nothing,
    Something(Item),
}

impl Standing {
    fn of(item: Option<&Item>) -> Self {
        item.cloned().map_or(Self::Nothing, Self::Something)
    }

    pub fn item(&self) -> Option<&Item> {
        match self {
            Self::Nothing => None,
            Self::Something(item) => Some(item),
        }
    }
}

impl Refusal {
    /// Whether this write's condition did not hold, and what stood there.
    pub fn of(&self, slot: Slot) -> Option<&Standing> {
        self.0.get(slot.0).and_then(Option::as_ref)
    }
}

/// "Nothing stands here yet."
pub(crate) const ABSENT: &str = "attribute_not_exists(pk)";

impl Transaction {
    fn push(&mut self, item: TransactWriteItem) -> Slot {
        self.items.push(item);
        Slot(self.items.len() - 1)
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds a `Put` under `condition` in which nothing but the built-in functions is used.
    pub fn put(&mut self, store: &TenantStore, item: Item, condition: Option<&str>) -> Result<Slot, StoreError> {
        self.put_with(store, item, condition, std::collections::HashMap::new())
    }

    /// Adds a `Put` whose condition refers to `values`.
    pub fn put_with(
        &mut self,
        store: &TenantStore,
        item: Item,
        condition: Option<&str>,
        values: Item,
    ) -> Result<Slot, StoreError> {
        let put = Put::builder()
            .table_name(store.table())
            .set_item(Some(item))
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::Internal(e.to_string()))?;
        Ok(self.push(TransactWriteItem::builder().put(put).build()))
    }

    /// Adds an `Update` of what may be there or not.
    pub fn update_any(&mut self, store: &TenantStore, key: Key, update: Update) -> Result<Slot, StoreError> {
        self.update_if(store, key, update, None)
    }

    /// Adds a `Put` where nothing stands yet, or only what is past its time.
    pub fn put_free(&mut self, store: &TenantStore, item: Item) -> Result<Slot, StoreError> {
        let now = AttributeValue::N(store.clock().now().as_seconds().to_string());
        let condition = format!("{ABSENT} OR expiresAt <= :now");
        self.put_with(store, item, Some(&condition), Item::from([(":now".to_owned(), now)]))
    }

    /// Adds an `Update` under `condition`.
    pub fn update(
        &mut self,
        store: &TenantStore,
        key: Key,
        update: Update,
        condition: &str,
    ) -> Result<Slot, StoreError> {
        self.update_if(store, key, update, Some(condition))
    }

    fn update_if(
        &mut self,
        store: &TenantStore,
        key: Key,
        update: Update,
        condition: Option<&str>,
    ) -> Result<Slot, StoreError> {
        let update = aws_sdk_dynamodb::types::Update::builder()
            .table_name(store.table())
            .set_key(Some(key.attributes()))
            .update_expression(update.expression())
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values((!update.values.is_empty()).then_some(update.values))
            .set_condition_expression(condition.map(str::to_owned))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::Internal(e.to_string()))?;
        Ok(self.push(TransactWriteItem::builder().update(update).build()))
    }

    /// Adds a `Delete` under `condition`; `terms` holds the names and values that it refers to.
    pub fn delete(
        &mut self,
        store: &TenantStore,
        key: Key,
        terms: Update,
        condition: &str,
    ) -> Result<Slot, StoreError> {
        let delete = Delete::builder()
            .table_name(store.table())
            .set_key(Some(key.attributes()))
            .condition_expression(condition)
            .set_expression_attribute_names((!terms.names.is_empty()).then_some(terms.names))
            .set_expression_attribute_values((!terms.values.is_empty()).then_some(terms.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::Internal(e.to_string()))?;
        Ok(self.push(TransactWriteItem::builder().delete(delete).build()))
    }

    /// Adds a `ConditionCheck` in which nothing but the built-in functions is used.
    pub fn check(&mut self, store: &TenantStore, key: Key, condition: &str) -> Result<Slot, StoreError> {
        self.check_with(store, key, Update::default(), condition)
    }

    /// Adds a `ConditionCheck`; `terms` holds the names and values that it refers to.
    pub fn check_with(
        &mut self,
        store: &TenantStore,
        key: Key,
        terms: Update,
        condition: &str,
    ) -> Result<Slot, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(store.table())
            .set_key(Some(key.attributes()))
            .condition_expression(condition)
            .set_expression_attribute_names((!terms.names.is_empty()).then_some(terms.names))
            .set_expression_attribute_values((!terms.values.is_empty()).then_some(terms.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::Internal(e.to_string()))?;
        Ok(self.push(TransactWriteItem::builder().condition_check(check).build()))
    }

    /// Commits, waiting out conflicts with other writers.
    ///
    /// Every repetition carries the same token and the same body: where an answer was lost behind a commit, the table
    /// recognises the repetition and answers it with that success. A single `Put` is sent as what it is, at half the
    /// price; there the caller must recognise its own item in the refusal.
    pub async fn commit(self, store: &TenantStore, backoff: &mut Backoff<'_>) -> Result<Outcome, StoreError> {
        let token = AttemptId::generate(store.clock()).to_string();
        loop {
            let attempt = match self.items.as_slice() {
                [TransactWriteItem { put: Some(put), .. }] => put_alone(store, put.clone()).await,
                items => transact(store, items.to_vec(), &token).await,
            };
            match attempt? {
                Attempt::Over(outcome) => return Ok(outcome),
                Attempt::Passing(why) if !backoff.pause().await => return Err(StoreError::Unavailable(why)),
                Attempt::Passing(_) => {}
            }
        }
    }
}

enum Attempt {
    Over(Outcome),
    /// Another writer was at it, or the table was busy or out of reach.
    Passing(String),
}

async fn transact(store: &TenantStore, items: Vec<TransactWriteItem>, token: &str) -> Result<Attempt, StoreError> {
    let request = store.client().transact_write_items().set_transact_items(Some(items)).client_request_token(token);
    match request.send().await {
        Ok(_) => Ok(Attempt::Over(Outcome::Committed)),
        Err(error) => classify(&error),
    }
}

async fn put_alone(store: &TenantStore, put: Put) -> Result<Attempt, StoreError> {
    let request = store
        .client()
        .put_item()
        .table_name(put.table_name)
        .set_item(Some(put.item))
        .set_condition_expression(put.condition_expression)
        .set_expression_attribute_values(put.expression_attribute_values)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let Err(error) = request.send().await else { return Ok(Attempt::Over(Outcome::Committed)) };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(refused)) => {
            Ok(Attempt::Over(Outcome::Refused(Refusal(vec![Some(Standing::of(refused.item()))]))))
        }
        _ if is_transient(&error) => Ok(Attempt::Passing(causes(&error))),
        _ => Err(StoreError::from_sdk(&error)),
    }
}

fn classify(error: &SdkError<TransactWriteItemsError>) -> Result<Attempt, StoreError> {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        let reasons = cancelled.cancellation_reasons();
        let has = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
        // Where another writer is at it, what a condition saw may be half of what that writer does: it is looked at again.
        if has("TransactionConflict") || has("ThrottlingError") || has("ProvisionedThroughputExceeded") {
            return Ok(Attempt::Passing("other writers were faster, again and again".to_owned()));
        }
        if has("ConditionalCheckFailed") {
            let refused = reasons
                .iter()
                .map(|reason| (reason.code() == Some("ConditionalCheckFailed")).then(|| Standing::of(reason.item())))
                .collect();
            return Ok(Attempt::Over(Outcome::Refused(Refusal(refused))));
        }
    }
    if is_transient(error) {
        return Ok(Attempt::Passing(causes(error)));
    }
    Err(StoreError::from_sdk(error))
}
