//! Benchmarks, run by `make bench`: the cost of Deskless relative to a minimal baseline.
//!
//! Most results are a size, or a ratio of two times measured alternately in one run, because absolute times depend on
//! the machine. The workers on the stream have absolute targets. Exceeding a target is reported but not an error. `SCALE`
//! sets the number of rows of the large table (default 100000), `PURGE` the number of messages that one workspace removes
//! (default 10000). The argument `stream` runs only the measurements of the workers, and `dialects` only those of dialects.
//! `delivery` measures the webhooks of a running local stack, whose settings are in the environment.

mod binaries;
mod bodies;
mod delivery;
mod dialects;
mod figure;
mod operations;
mod recording;
mod scale;
mod stack;
mod start;
mod stream;

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};

use crate::stack::Stack;

fn main() -> Result<()> {
    println!("{}", figure::machine());
    match std::env::args().nth(1).as_deref() {
        Some("stream") => {}
        Some("delivery") => return one_thread()?.block_on(delivery::measure()).map(|figures| figures.print()),
        Some("dialects") => return one_thread()?.block_on(dialects::measure()).map(|figures| figures.print()),
        _ => relative()?,
    }
    let purge = number("PURGE", 10_000)?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(stream::measure(purge))?.print();
    Ok(())
}

fn relative() -> Result<()> {
    let scale = number("SCALE", 100_000)?;
    let binaries = binaries::build()?;
    binaries::sizes(&binaries)?.print();
    one_thread()?.block_on(async {
        start::measure(&binaries).await?.print();
        operations::measure(&Stack::start().await?).await?.print();
        dialects::measure().await?.print();
        scale::measure(scale).await?.print();
        Ok(())
    })
}

/// Returns a runtime with one thread, like a function. The engines have their own threads.
fn one_thread() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// Returns a number from the environment.
fn number(variable: &str, default: usize) -> Result<usize> {
    match std::env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable} must be a whole number")),
        Err(_) => Ok(default),
    }
}
