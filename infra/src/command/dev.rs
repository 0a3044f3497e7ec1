use std::{io::Write, net::Ipv4Addr, pin::Pin, time::Duration};

use anyhow::Result;
use axum::middleware::{from_fn, from_fn_with_state};
use deskless_infra::{guard, task::Task};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    time::{MissedTickBehavior, interval},
};

use crate::{
    compile::{self, SourceWatcher},
    lambda::{self, Endpoints, Lambda},
    local::{self, Interrupt, Stack},
    log::Format,
    timer,
};

/// Options of `deskless dev`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    local: local::Options,
    /// Do not rebuild and restart functions when their code changes.
    #[arg(long)]
    no_reload: bool,
}

/// Runs the local stack: every function's own binary, behind one port.
pub async fn run(arguments: Arguments) -> Result<()> {
    let format = Format::start();
    let mut interrupt = Interrupt::listen()?;
    let port = arguments.local.port;
    let lock = arguments.local.lock()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;

    println!("Compiling functions (takes minutes the first time) …");
    let watcher = SourceWatcher::start();
    let binaries = tokio::select! {
        binaries = compile::functions() => binaries?,
        () = interrupt.received() => return Ok(()),
    };

    println!("Starting functions …");
    let stack = Stack::start(&arguments.local, lock).await?;
    let endpoints = Endpoints {
        dynamodb: stack.engine_url().to_owned(),
        s3: stack.s3_url().to_owned(),
        secrets_key: stack.secrets_key()?,
    };
    let mut lambda = tokio::select! {
        lambda = Lambda::start(&endpoints, &binaries, format) => lambda?,
        () = interrupt.received() => return Ok(()),
    };
    let invoker = lambda.invoker();
    let deliver = async |worker, records: &[Value]| lambda::invoke_worker(&invoker, worker, records).await;
    let sweep = async || lambda::invoke_task(&invoker, Task::Timers, &json!({})).await.map(drop);
    let gateway = lambda.gateway().layer(from_fn_with_state(arguments.local.allowed_hosts(), guard::local_host));
    let gateway = gateway.layer(from_fn(move |request, next| format.access(request, next)));
    let watcher = (!arguments.no_reload).then_some(watcher);
    let result = tokio::select! {
        failure = stack.run_event_sources(deliver) => failure,
        failure = timer::run(sweep) => failure,
        failure = keep_running(&mut lambda, watcher) => failure,
        ended = axum::serve(listener, gateway) => Ok(ended?),
        failure = announce(&stack, port) => failure,
        () = interrupt.received() => Ok(()),
    };
    // `println!` would panic if the terminal is closed.
    let _ = writeln!(std::io::stdout(), "Stopping …");
    lambda.stop().await;
    result
}

/// Prints that the stack is ready once all functions respond. Returns only on failure.
async fn announce(stack: &Stack, port: u16) -> Result<()> {
    lambda::wait_until_ready(port).await?;
    stack.announce();
    std::future::pending().await
}

/// Restarts functions that exit, and rebuilds them when the code changes. Returns only on failure.
async fn keep_running(lambda: &mut Lambda, mut watcher: Option<SourceWatcher>) -> Result<()> {
    let mut tick = interval(Duration::from_millis(200));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut build = None;
    loop {
        tokio::select! {
            _ = tick.tick() => {
                lambda.restart_exited()?;
                if build.is_none() && watcher.as_mut().is_some_and(SourceWatcher::changed) {
                    println!("Code changed. Compiling functions …");
                    build = Some(Box::pin(compile::functions()));
                }
            }
            result = finished(&mut build) => {
                build = None;
                match result {
                    Ok(binaries) => match lambda.update(&binaries).await?.as_slice() {
                        [] => println!("No function changed."),
                        updated => println!("Restarted: {}.", updated.join(", ")),
                    },
                    Err(error) => println!("{error:#}. The previous build keeps running."),
                }
            }
        }
    }
}

/// Waits for the running build, or forever if there is none.
async fn finished<F: Future>(build: &mut Option<Pin<Box<F>>>) -> F::Output {
    match build {
        Some(build) => build.await,
        None => std::future::pending().await,
    }
}
