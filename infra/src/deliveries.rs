//! Deliveries in this process: those of the local stack, and of `deskless timers`.

use anyhow::Result;
use deskless_domain::WorkspaceId;
use deskless_infra::task::Task;
use deskless_store::{DeliveryRequest, DeliveryTarget, StartDelivery, Store, StoreError};
use futures_util::future::{BoxFuture, ready};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
};

/// Starts deliveries in this process.
#[derive(Debug)]
pub struct Starter(UnboundedSender<DeliveryRequest>);

/// The deliveries that were started.
pub struct Started(UnboundedReceiver<DeliveryRequest>);

/// Returns a way to start deliveries, and what runs them.
pub fn channel() -> (Starter, Started) {
    let (sender, receiver) = unbounded_channel();
    (Starter(sender), Started(receiver))
}

impl StartDelivery for Starter {
    fn start<'a>(
        &'a self,
        workspace: WorkspaceId,
        target: &'a DeliveryTarget,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let request = DeliveryRequest { workspace, target: target.clone() };
        let sent = self.0.send(request).map_err(|_| StoreError::Unavailable("the local stack is stopping".to_owned()));
        Box::pin(ready(sent))
    }
}

impl Started {
    /// Runs each delivery in a task of its own. What fails is due again soon, and the timers start it.
    pub async fn run(mut self, store: &Store) -> Result<()> {
        while let Some(request) = self.0.recv().await {
            let (store, event) = (store.clone(), serde_json::to_value(&request)?);
            drop(tokio::spawn(async move {
                if let Err(error) = Task::Deliveries.run(&store, event).await {
                    println!("A delivery failed: {error}. It is tried again in a few seconds.");
                }
            }));
        }
        Ok(())
    }

    /// Runs the deliveries that were started, and those that these start, until none is left. Returns the errors of those that failed.
    pub async fn finish(&mut self, store: &Store) -> Result<Vec<String>> {
        let (mut running, mut failures) = (JoinSet::new(), Vec::new());
        loop {
            while let Ok(request) = self.0.try_recv() {
                let (store, event) = (store.clone(), serde_json::to_value(&request)?);
                drop(running.spawn(async move { Task::Deliveries.run(&store, event).await }));
            }
            match running.join_next().await {
                Some(result) => failures.extend(result?.err().map(|error| error.to_string())),
                None => return Ok(failures),
            }
        }
    }
}
