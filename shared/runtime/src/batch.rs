//! Builds the workers' responses to batches of stream records.

use aws_lambda_events::{
    dynamodb::Event,
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use deskless_app::AppError;

/// Returns the sequence number of each record of a batch.
#[must_use]
pub fn numbers(batch: &Event) -> Vec<Option<String>> {
    batch.records.iter().map(|record| record.change.sequence_number.clone()).collect()
}

/// Logs the error of a failed record and returns the record's index. Returns `None` if the record succeeded.
#[must_use]
pub fn failure(index: usize, consumer: &str, result: Result<(), AppError>) -> Option<usize> {
    let error = result.err()?;
    tracing::error!(consumer, error = %error, "stream record failed");
    Some(index)
}

/// Reports the first failed record, if any. Lambda retries it and all later records of the batch.
#[must_use]
pub fn answer(numbers: &[Option<String>], failed: Vec<usize>) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    if let Some(first) = failed.into_iter().min() {
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier.clone_from(&numbers[first]);
        response.batch_item_failures.push(failure);
    }
    response
}
