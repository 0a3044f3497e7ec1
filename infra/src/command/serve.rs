use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Result;
use deskless_infra::{routes, worker::Worker};
use deskless_runtime::SystemClock;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::local::{Interrupt, Options, Stack};

/// Runs the local stack with all routes in one process, for load tests and quick experiments.
pub async fn run(options: Options) -> Result<()> {
    let mut interrupt = Interrupt::listen()?;
    let lock = options.lock()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let stack = Stack::start(&options, lock).await?;
    let router = routes::router(stack.store.clone(), Arc::new(SystemClock));
    stack.announce();
    // A task for each batch, so that lanes run on all cores.
    let deliver = async |worker: Worker, records: &[Value]| {
        let (store, records) = (stack.store.clone(), records.to_vec());
        tokio::spawn(async move { worker.hand_over(&store, &records).await }).await?
    };
    tokio::select! {
        failure = stack.run_event_sources(deliver) => failure?,
        ended = axum::serve(listener, router)
            .with_graceful_shutdown(async move { interrupt.received().await }) => ended?,
    }
    println!("Stopped.");
    Ok(())
}
