//! What the workers on the table's stream answer.

use aws_lambda_events::{
    dynamodb::Event,
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use deskless_app::AppError;

/// The records of a batch by their names in the stream.
#[must_use]
pub fn numbers(batch: &Event) -> Vec<Option<String>> {
    batch.records.iter().map(|record| record.change.sequence_number.clone()).collect()
}

/// The place of a record whose work failed, after a line in the log.
#[must_use]
pub fn failure(place: usize, consumer: &str, outcome: Result<(), AppError>) -> Option<usize> {
    let error = outcome.err()?;
    tracing::error!(consumer, error = %error, "record");
    Some(place)
}

/// Names the first record that has to come again; those behind it come again too.
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
