use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Result;
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use deskless_infra::{guard, routes, task::Task, worker::Worker};
use deskless_runtime::SystemClock;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceBuilder;

use crate::{
    deliveries, lambda,
    local::{Interrupt, Options, Stack},
    log::Format,
    timer,
};

/// Runs the local stack with all routes in one process, for load tests and quick experiments.
pub async fn run(options: Options) -> Result<()> {
    let format = Format::start();
    let mut interrupt = Interrupt::listen()?;
    let lock = options.lock()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let stack = Stack::start(&options, lock).await?;
    let (starter, runs) = deliveries::channel();
    let store = stack.store.clone().with_deliveries(Some(Arc::new(starter)));
    let router = routes::router(store.clone(), Arc::new(SystemClock));
    let passed = ServiceBuilder::new().map_request(lambda::as_passed).service(router);
    let router = Router::new().fallback_service(passed).layer(from_fn(lambda::buffer));
    let router = router.layer(from_fn_with_state(options.allowed_hosts(), guard::local_host));
    let router = router.layer(from_fn(move |request, next| format.access(request, next)));
    stack.announce();
    // A task for each batch, so that lanes run on all cores.
    let deliver = async |worker: Worker, records: &[Value]| {
        let (store, records) = (store.clone(), records.to_vec());
        tokio::spawn(async move { worker.hand_over(&store, &records).await }).await?
    };
    let sweep = async || {
        let store = store.clone();
        tokio::spawn(async move { Task::Timers.run(&store, json!({})).await }).await?.map(drop)
    };
    tokio::select! {
        failure = stack.run_event_sources(deliver) => failure?,
        failure = timer::run(sweep) => failure?,
        failure = runs.run(&store) => failure?,
        ended = axum::serve(listener, router)
            .with_graceful_shutdown(async move { interrupt.received().await }) => ended?,
    }
    println!("Stopped.");
    Ok(())
}
