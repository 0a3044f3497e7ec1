//! Delivering the table's stream to the workers.

use deskless_infra::worker::Worker;
use serde_json::{Value, json};

use crate::{Delivery, DeliveryStats, World, delivery as deliveries, delivery::Source, table};

impl World {
    /// Delivers the table's stream to all workers until no new records appear.
    pub async fn drain_events(&self) -> DeliveryStats {
        self.drain_events_as(Delivery::default()).await
    }

    /// Delivers the table's stream to all workers with these delivery options until no new records appear. Continues
    /// after the records that were already delivered.
    pub async fn drain_events_as(&self, delivery: Delivery) -> DeliveryStats {
        let mut stats = DeliveryStats::default();
        loop {
            let before = stats.records;
            for worker in Worker::ALL {
                stats += self.drain_to(worker, delivery).await;
            }
            // One worker's writes may be records for the other.
            if stats.records == before {
                return stats;
            }
        }
    }

    /// Delivers the current records of the table's stream to one worker with these delivery options.
    pub async fn drain_to(&self, worker: Worker, delivery: Delivery) -> DeliveryStats {
        let mut delivered = self.delivered.lock().await;
        let delivered = &mut delivered[worker as usize];
        let source = Source::stream(&self.direct, &self.table, delivered).await;
        deliveries::deliver(worker, &self.store, &self.webhook_servers, source, delivery).await
    }

    /// Skips the current records for a worker, as if its event source mapping had given up on them.
    pub async fn skip_records(&self, worker: Worker) {
        let mut delivered = self.delivered.lock().await;
        let source = Source::stream(&self.direct, &self.table, &mut delivered[worker as usize]).await;
        deliveries::skip(source).await;
    }

    /// Delivers these records to a worker in batches of 100, until all have succeeded.
    pub async fn deliver(&self, worker: Worker, records: Vec<Value>, delivery: Delivery) -> DeliveryStats {
        deliveries::deliver(worker, &self.store, &self.webhook_servers, Source::Records(records.into_iter()), delivery)
            .await
    }

    /// Delivers one batch to a worker once. Returns whether all records succeeded.
    pub async fn deliver_once(&self, worker: Worker, batch: &[Value]) -> bool {
        deliveries::deliver_batch(worker, &self.store, &self.webhook_servers, batch).await.is_none()
    }

    /// Disables the table's stream. The embedded engine scans all stream records to number the next one, so tests with
    /// many writes disable it and deliver generated records.
    pub async fn disable_stream(&self) {
        let body = json!({ "TableName": self.table, "StreamSpecification": { "StreamEnabled": false } });
        let _ = table::call(&self.direct, "UpdateTable", &body).await;
    }

    /// Enables the table's stream again.
    pub async fn enable_stream(&self) {
        let stream = json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
        let body = json!({ "TableName": self.table, "StreamSpecification": stream });
        let _ = table::call(&self.direct, "UpdateTable", &body).await;
    }
}
