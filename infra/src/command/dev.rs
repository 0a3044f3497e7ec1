use std::{io::Write, pin::Pin, time::Duration};

use anyhow::Result;
use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    compile::{self, Changes},
    lambda::{self, Engines, Lambda},
    local::{self, Interrupt, Stack},
};

/// Options of `deskless dev`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    local: local::Options,
    /// Leave the functions as they are when their code changes.
    #[arg(long)]
    no_reload: bool,
}

/// The local stack: every function as the binary that Lambda runs, behind one port.
pub async fn run(arguments: Arguments) -> Result<()> {
    let mut interrupt = Interrupt::listen()?;
    let claim = arguments.local.claim()?;
    lambda::require_emulator().await?;

    println!("Compiling the functions (minutes the first time, seconds after that) …");
    let changes = Changes::from_now();
    let binaries = tokio::select! {
        binaries = compile::functions() => binaries?,
        () = interrupt.received() => return Ok(()),
    };

    println!("Starting the functions …");
    let stack = Stack::start(&arguments.local, claim).await?;
    let port = arguments.local.port;
    let engines = Engines { dynamodb: stack.engine_url().to_owned(), s3: stack.s3_url().to_owned() };
    let mut lambda = tokio::select! {
        lambda = Lambda::start(port, &engines, &binaries) => lambda?,
        () = interrupt.received() => return Ok(()),
    };
    let changes = (!arguments.no_reload).then_some(changes);
    let outcome = tokio::select! {
        failure = stack.pump(async |worker, records: &[Value]| lambda::invoke_worker(port, worker, records).await) => failure,
        failure = keep_running(&mut lambda, changes) => failure,
        failure = announce(&stack, port) => failure,
        () = interrupt.received() => Ok(()),
    };
    // The terminal may be gone.
    let _ = writeln!(std::io::stdout(), "Stopping …");
    lambda.stop().await;
    outcome
}

/// Says so as soon as all functions answer. Only ends by failing.
async fn announce(stack: &Stack, port: u16) -> Result<()> {
    lambda::wake(port).await?;
    stack.announce();
    std::future::pending().await
}

/// Starts again what ends, and builds again what changes. Only ends by failing.
async fn keep_running(lambda: &mut Lambda, mut changes: Option<Changes>) -> Result<()> {
    let mut tick = interval(Duration::from_millis(200));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = None;
    loop {
        tokio::select! {
            _ = tick.tick() => {
                lambda.check()?;
                if work.is_none() && changes.as_mut().is_some_and(Changes::any) {
                    println!("The code has changed. Compiling the functions …");
                    work = Some(Box::pin(compile::functions()));
                }
            }
            outcome = done(&mut work) => {
                work = None;
                match outcome {
                    Ok(binaries) => match lambda.update(&binaries).await?.as_slice() {
                        [] => println!("No function is affected."),
                        updated => println!("Started anew: {}.", updated.join(", ")),
                    },
                    Err(error) => println!("{error:#}. Until then the functions run as they were."),
                }
            }
        }
    }
}

/// Waits for the work that is under way, and forever when there is none.
async fn done<F: Future>(work: &mut Option<Pin<Box<F>>>) -> F::Output {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}
