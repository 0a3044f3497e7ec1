//! Transactions: writes that commit together or not at all.

use aws_sdk_dynamodb::{
    config::{Builder, retry::RetryConfig},
    error::SdkError,
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use deskless_domain::AttemptId;

use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    error::{causes, is_transient},
    expression::Update,
    item::Item,
    keys::Key,
};

/// A transaction of at most 100 writes.
#[derive(Debug, Default, Clone)]
pub(crate) struct Transaction {
    writes: Vec<TransactWriteItem>,
}

/// The position of a write in its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteIndex(usize);

/// How a transaction ended.
#[derive(Debug)]
pub(crate) enum Commit {
    /// Everything was written.
    Done,
    /// At least one condition failed. Nothing was written.
    Failed(FailedConditions),
}

/// The conditions that failed, by the position of their write.
#[derive(Debug)]
pub(crate) struct FailedConditions(Vec<ConditionResult>);

/// The result of one write's condition.
#[derive(Debug)]
enum ConditionResult {
    Passed,
    /// Failed, with the existing item if there is one.
    Failed(Option<Item>),
}

impl FailedConditions {
    /// Returns whether this write's condition failed.
    pub fn at(&self, write: WriteIndex) -> bool {
        matches!(self.0.get(write.0), Some(ConditionResult::Failed(_)))
    }

    /// Returns whether only this write's condition failed.
    pub fn only(&self, write: WriteIndex) -> bool {
        let failed = self.0.iter().filter(|result| matches!(result, ConditionResult::Failed(_)));
        self.at(write) && failed.count() == 1
    }

    /// Returns the first existing item for which a condition failed.
    pub fn first_existing(&self) -> Option<&Item> {
        self.0.iter().find_map(|result| match result {
            ConditionResult::Failed(existing) => existing.as_ref(),
            ConditionResult::Passed => None,
        })
    }

    /// Returns the existing item for which this write's condition failed.
    pub fn existing(&self, write: WriteIndex) -> Option<&Item> {
        match self.0.get(write.0)? {
            ConditionResult::Failed(existing) => existing.as_ref(),
            ConditionResult::Passed => None,
        }
    }
}

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Internal(error.to_string())
}

impl Transaction {
    /// The maximum number of writes.
    pub const MAX_WRITES: usize = 100;

    fn push(&mut self, write: TransactWriteItem) -> WriteIndex {
        self.writes.push(write);
        WriteIndex(self.writes.len() - 1)
    }

    /// Adds a `Put`.
    pub fn put(&mut self, store: &TenantStore, item: Item, condition: Condition) -> Result<WriteIndex, StoreError> {
        let expression = condition.expression();
        let (names, values) = condition.placeholders(Update::default());
        let put = Put::builder()
            .table_name(store.table())
            .set_item(Some(item))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ALL_OLD)
            .build()
            .map_err(incomplete)?;
        Ok(self.push(TransactWriteItem::builder().put(put).build()))
    }

    /// Adds a `Put` that fails if the item exists.
    pub fn put_new(&mut self, store: &TenantStore, item: Item) -> Result<WriteIndex, StoreError> {
        self.put(store, item, Condition::absent())
    }

    /// Adds a `Put` that fails if an item exists that has not expired.
    pub fn put_unless_unexpired(&mut self, store: &TenantStore, item: Item) -> Result<WriteIndex, StoreError> {
        let mut condition = Condition::none();
        let now = condition.value(AttributeValue::N(store.clock().now().as_seconds().to_string()));
        self.put(store, item, condition.and(format!("(attribute_not_exists(pk) OR expiresAt <= {now})")))
    }

    /// Adds an `Update`.
    pub fn update(
        &mut self,
        store: &TenantStore,
        key: Key,
        update: Update,
        condition: Condition,
    ) -> Result<WriteIndex, StoreError> {
        let (expression, condition_expression) = (update.expression(), condition.expression());
        let (names, values) = condition.placeholders(update);
        let update = aws_sdk_dynamodb::types::Update::builder()
            .table_name(store.table())
            .set_key(Some(key.attributes()))
            .update_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_condition_expression(condition_expression)
            .return_values_on_condition_check_failure(ALL_OLD)
            .build()
            .map_err(incomplete)?;
        Ok(self.push(TransactWriteItem::builder().update(update).build()))
    }

    /// Adds a `Delete`.
    pub fn delete(&mut self, store: &TenantStore, key: Key, condition: Condition) -> Result<WriteIndex, StoreError> {
        let expression = condition.expression();
        let (names, values) = condition.placeholders(Update::default());
        let delete = Delete::builder()
            .table_name(store.table())
            .set_key(Some(key.attributes()))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ALL_OLD)
            .build()
            .map_err(incomplete)?;
        Ok(self.push(TransactWriteItem::builder().delete(delete).build()))
    }

    /// Adds a `ConditionCheck`, which writes nothing.
    pub fn check(&mut self, store: &TenantStore, key: Key, condition: Condition) -> Result<WriteIndex, StoreError> {
        let expression = condition.expression().unwrap_or_default();
        let (names, values) = condition.placeholders(Update::default());
        let check = ConditionCheck::builder()
            .table_name(store.table())
            .set_key(Some(key.attributes()))
            .condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ALL_OLD)
            .build()
            .map_err(incomplete)?;
        Ok(self.push(TransactWriteItem::builder().condition_check(check).build()))
    }

    /// Commits the writes and retries on conflicts and transient errors. An empty transaction succeeds without a request.
    ///
    /// A retry after a lost response has the same token and body: if that request was committed, DynamoDB recognizes the
    /// retry and reports success. A retry after a cancellation has a new token. The cancelled request has written nothing,
    /// and DynamoDB's documentation calls a token valid for 10 minutes after its request has *completed*, without saying
    /// that a cancellation is not remembered:
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>. If a response was lost
    /// before the cancellation, the token stays, because the lost request may still commit.
    ///
    /// A single `Put` is sent as a plain `PutItem`, which costs half as much and has no token: the caller must compare the
    /// existing item with its own.
    pub async fn commit(&self, store: &TenantStore, backoff: &mut Backoff<'_>) -> Result<Commit, StoreError> {
        let new_token = || AttemptId::generate(store.clock()).to_string();
        let mut token = new_token();
        let mut has_lost_response = false;
        loop {
            let attempt = match self.writes.as_slice() {
                [] => return Ok(Commit::Done),
                [TransactWriteItem { put: Some(put), .. }] => put_alone(store, put.clone()).await,
                writes => transact(store, writes.to_vec(), &token).await,
            };
            let reason = match attempt? {
                Sent::Ended(commit) => return Ok(commit),
                Sent::Cancelled(reason) => {
                    if !has_lost_response {
                        token = new_token();
                    }
                    reason
                }
                Sent::Unknown(reason) => {
                    has_lost_response = true;
                    reason
                }
            };
            backoff.pause(&reason).await?;
        }
    }
}

/// The result of one request.
enum Sent {
    Ended(Commit),
    /// A conflict with another writer. Nothing was written.
    Cancelled(String),
    /// A transient error. The request may have been executed.
    Unknown(String),
}

/// Sends one request. The SDK does not retry it: a lost response must not be hidden from [`Transaction::commit`].
async fn transact(store: &TenantStore, writes: Vec<TransactWriteItem>, token: &str) -> Result<Sent, StoreError> {
    let request = store.client().transact_write_items().set_transact_items(Some(writes)).client_request_token(token);
    let once = Builder::new().retry_config(RetryConfig::disabled());
    match request.customize().config_override(once).send().await {
        Ok(_) => Ok(Sent::Ended(Commit::Done)),
        Err(error) => classify(&error),
    }
}

async fn put_alone(store: &TenantStore, put: Put) -> Result<Sent, StoreError> {
    let request = store
        .client()
        .put_item()
        .table_name(put.table_name)
        .set_item(Some(put.item))
        .set_condition_expression(put.condition_expression)
        .set_expression_attribute_names(put.expression_attribute_names)
        .set_expression_attribute_values(put.expression_attribute_values)
        .return_values_on_condition_check_failure(ALL_OLD);
    let Err(error) = request.send().await else { return Ok(Sent::Ended(Commit::Done)) };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => {
            Ok(Sent::Ended(Commit::Failed(FailedConditions(vec![ConditionResult::Failed(failed.item().cloned())]))))
        }
        _ if is_transient(&error) => Ok(Sent::Unknown(causes(&error))),
        _ => Err(StoreError::from_sdk(&error)),
    }
}

fn classify(error: &SdkError<TransactWriteItemsError>) -> Result<Sent, StoreError> {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        let reasons = cancelled.cancellation_reasons();
        let has = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
        // During a conflict, a condition may have failed on a state that is about to change. Retry before reporting it.
        if has("TransactionConflict") || has("ThrottlingError") || has("ProvisionedThroughputExceeded") {
            return Ok(Sent::Cancelled("other writers were faster each time".to_owned()));
        }
        if has("ConditionalCheckFailed") {
            let failed = reasons
                .iter()
                .map(|reason| match reason.code() {
                    Some("ConditionalCheckFailed") => ConditionResult::Failed(reason.item().cloned()),
                    _ => ConditionResult::Passed,
                })
                .collect();
            return Ok(Sent::Ended(Commit::Failed(FailedConditions(failed))));
        }
    }
    if is_transient(error) {
        return Ok(Sent::Unknown(causes(error)));
    }
    Err(StoreError::from_sdk(error))
}
