//! Batches of stream records: retries, parked records and the response to Lambda.
//!
//! A transient error (a throttle, a timeout, a refused credential) is reported, and Lambda delivers the record again. Any
//! other error would happen at each delivery and hold the records behind it. Such a record is parked: its keys and the error
//! are written to the bucket of failed records, and the batch continues.

use aws_lambda_events::{
    dynamodb::{Event, StreamRecord},
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use deskless_app::{AppError, ChangeFeed};
use deskless_store::{RecordId, Store, without_values};

/// A batch of stream records that a worker handles.
#[derive(Debug)]
pub struct Batch {
    worker: &'static str,
    feed: ChangeFeed,
    records: Vec<RecordId>,
}

impl Batch {
    /// Splits an event into its batch and its records, each with its index.
    pub fn open(
        worker: &'static str,
        store: Store,
        event: Event,
    ) -> (Self, impl Iterator<Item = (usize, StreamRecord)>) {
        let id = |record: &aws_lambda_events::dynamodb::EventRecord| RecordId {
            event_id: Some(record.event_id.clone()).filter(|id| !id.is_empty()),
            event_name: record.event_name.clone(),
            sequence_number: record.change.sequence_number.clone(),
            ..RecordId::of_item(&record.change.keys, &record.change.old_image, &record.change.new_image)
        };
        let records = event.records.iter().map(id).collect();
        let batch = Self { worker, feed: ChangeFeed::new(store), records };
        (batch, event.records.into_iter().map(|record| record.change).enumerate())
    }

    /// Returns the feed that reads the records.
    #[must_use]
    pub fn feed(&self) -> &ChangeFeed {
        &self.feed
    }

    /// Runs a consumer for a record, and once more after an error that is not transient. If it is still not, parks the
    /// record. Returns the record's index if Lambda has to deliver it again.
    pub async fn attempt<Work>(&self, index: usize, consumer: &str, work: impl Fn() -> Work) -> Option<usize>
    where
        Work: Future<Output = Result<(), AppError>>,
    {
        let result = match work().await {
            Err(error) if !is_transient(&error) => work().await,
            result => result,
        };
        self.settle(index, consumer, result).await
    }

    /// Parks a record after an error that is not transient. Returns the record's index if Lambda has to deliver it again.
    pub async fn settle(&self, index: usize, consumer: &str, result: Result<(), AppError>) -> Option<usize> {
        let error = result.err()?;
        let record = &self.records[index];
        let text = without_values(&error.to_string());
        let parked = if is_transient(&error) {
            Err(None)
        } else {
            self.feed.park(self.worker, consumer, record, &text).await.map_err(Some)
        };
        let parking_error = parked.as_ref().err().and_then(Option::as_ref).map(|e| without_values(&e.to_string()));
        tracing::error!(
            consumer,
            error = text,
            parked = parked.is_ok(),
            parking_error,
            pk = record.pk,
            sk = record.sk,
            event_id = record.event_id,
            sequence_number = record.sequence_number,
            "stream record failed"
        );
        parked.is_err().then_some(index)
    }

    /// Reports the first failed record, if any. Lambda delivers it and all later records of the batch again.
    #[must_use]
    pub fn answer(&self, failed: impl IntoIterator<Item = usize>) -> DynamoDbEventResponse {
        let mut response = DynamoDbEventResponse::default();
        if let Some(first) = failed.into_iter().min() {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier.clone_from(&self.records[first].sequence_number);
            response.batch_item_failures.push(failure);
        }
        response
    }
}

fn is_transient(error: &AppError) -> bool {
    matches!(error, AppError::Unavailable(_))
}
