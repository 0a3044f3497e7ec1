//! Processes that serve the API over a world's table.

use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use deskless_domain::Clock;
use deskless_infra::{
    routes,
    s3::{BUCKET, FAILED_EVENTS, S3},
};
use deskless_outbound::Client;
use deskless_runtime::{SystemClock, local_bucket, local_client};
use deskless_store::{Bucket, Store};

use crate::{KnownSecrets, Proxy, StartedDeliveries, TestClock, TestDataKeys, World};

/// A process that serves all routes over a world's table, with its own clock, client and caches.
pub struct Machine {
    /// The clock of this process.
    pub clock: Arc<TestClock>,
    pub(super) store: Store,
    pub(crate) secrets: Arc<KnownSecrets>,
    router: Router,
    /// The recorded requests and responses, if recording is on.
    pub(super) traffic: OnceLock<Mutex<String>>,
}

impl Machine {
    pub(super) fn new(
        endpoint: &str,
        table: &str,
        buckets: [Bucket; 2],
        keys: (Arc<TestDataKeys>, Arc<KnownSecrets>, Arc<StartedDeliveries>),
        clock: Arc<TestClock>,
    ) -> Self {
        let ([files, failed], (keys, secrets, deliveries)) = (buckets, keys);
        let store = Store::new(local_client(endpoint), table, Arc::clone(&clock) as Arc<dyn Clock>);
        let store = store.with_bucket(Some(files)).with_failed_records(Some(failed)).with_data_keys(Some(keys));
        let store = store.with_deliveries(Some(deliveries));
        let router = routes::router(store.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
        Self { clock, store, secrets, router, traffic: OnceLock::new() }
    }

    /// Lets the routes send requests with this client.
    pub(super) fn send_with(&mut self, client: Arc<Client>) {
        self.router = std::mem::take(&mut self.router).layer(axum::Extension(client));
    }

    pub(crate) fn record(&self, exchange: impl FnOnce() -> String) {
        if let Some(traffic) = self.traffic.get() {
            traffic.lock().expect("the lock is not poisoned").push_str(&exchange());
        }
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }
}

pub(super) fn buckets_with_signing_clock(s3: &S3, signing: &Arc<dyn Clock>) -> [Bucket; 2] {
    [BUCKET, FAILED_EVENTS].map(|name| local_bucket(s3.url(), name, Arc::clone(signing)))
}

impl World {
    fn shared(&self) -> (Arc<TestDataKeys>, Arc<KnownSecrets>, Arc<StartedDeliveries>) {
        (Arc::clone(&self.data_keys), Arc::clone(&self.secrets), Arc::clone(&self.deliveries))
    }

    /// Starts another process over the same table, behind the same proxy if there is one, with its own clock.
    #[must_use]
    pub fn machine(&self, clock: TestClock) -> Machine {
        let endpoint = self.proxy.as_ref().map_or(self.direct.as_str(), Proxy::url);
        Machine::new(
            endpoint,
            &self.table,
            buckets_with_signing_clock(&self.s3, &(Arc::new(SystemClock) as Arc<dyn Clock>)),
            self.shared(),
            Arc::new(clock),
        )
    }

    /// Starts another process that signs uploads and downloads with this clock. The local S3 checks signatures against
    /// the system time.
    #[must_use]
    pub fn machine_with_signing_clock(&self, signing: TestClock) -> Machine {
        let clock = TestClock::new(99);
        clock.set(self.clock.now());
        Machine::new(
            &self.direct,
            &self.table,
            buckets_with_signing_clock(&self.s3, &(Arc::new(signing) as Arc<dyn Clock>)),
            self.shared(),
            Arc::new(clock),
        )
    }

    /// Starts another process over the same table that bypasses the proxy.
    #[must_use]
    pub fn machine_past_proxy(&self, clock: TestClock) -> Machine {
        Machine::new(
            &self.direct,
            &self.table,
            buckets_with_signing_clock(&self.s3, &(Arc::new(SystemClock) as Arc<dyn Clock>)),
            self.shared(),
            Arc::new(clock),
        )
    }
}
