use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Result;
use deskless_infra::routes;
use deskless_runtime::SystemClock;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::local::{Interrupt, Options, Stack};

/// All routes in one process: for load tests and quick tries.
pub async fn run(options: Options) -> Result<()> {
    let mut interrupt = Interrupt::listen()?;
    let claim = options.claim()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let stack = Stack::start(&options, claim).await?;
    let router = routes::router(stack.store.clone(), Arc::new(SystemClock));
    stack.announce();
    tokio::select! {
        failure = stack.pump(async |worker, records: &[Value]| worker.hand_over(&stack.store, records).await) => failure?,
        ended = axum::serve(listener, router)
            .with_graceful_shutdown(async move { interrupt.received().await }) => ended?,
    }
    println!("Stopped.");
    Ok(())
}
