use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Result;
use deskless_infra::routes;
use deskless_runtime::SystemClock;
use tokio::net::TcpListener;

use crate::local::{self, Options, Stack};

/// All routes in one process: for load tests and quick tries.
pub async fn run(options: Options) -> Result<()> {
    let port = options.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|e| local::port_taken(port, &e))?;
    let stack = Stack::start(options).await?;
    let router = routes::router(stack.store.clone(), Arc::new(SystemClock));
    stack.announce();
    axum::serve(listener, router).with_graceful_shutdown(local::interrupted()).await?;
    println!("Stopped.");
    Ok(())
}
