use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Result;
use deskless_infra::routes;
use deskless_runtime::SystemClock;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    local::{Interrupt, Options, Stack},
    pump,
};

/// All routes in one process: for load tests and quick tries.
pub async fn run(options: Options) -> Result<()> {
    let mut interrupt = Interrupt::listen()?;
    let claim = options.claim()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let stack = Stack::start(&options, claim).await?;
    let router = routes::router(stack.store.clone(), Arc::new(SystemClock));
    stack.announce();
    let worker = async |records: &[Value]| {
        let event = serde_json::from_value(pump::event(records))?;
        let answer = deskless_events::handle(stack.store.clone(), event).await;
        Ok(answer.batch_item_failures.into_iter().next().and_then(|failure| failure.item_identifier))
    };
    let pump = stack.pump();
    tokio::select! {
        failure = pump.run(worker) => failure?,
        ended = axum::serve(listener, router)
            .with_graceful_shutdown(async move { interrupt.received().await }) => ended?,
    }
    println!("Stopped.");
    Ok(())
}
