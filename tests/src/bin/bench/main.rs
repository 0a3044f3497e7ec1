//! Benchmarks, run by `make bench`: the cost of Deskless relative to a minimal baseline.
//!
//! Every result is a size, or a ratio of two times measured alternately in one run, because absolute times depend on
//! the machine. Exceeding a target is reported but not an error. `SCALE` sets the number of rows of the large table
//! (default 100000).

mod binaries;
mod bodies;
mod figure;
mod operations;
mod recording;
mod scale;
mod stack;
mod start;

use anyhow::{Context, Result};

use crate::stack::Stack;

fn main() -> Result<()> {
    let scale = match std::env::var("SCALE") {
        Ok(text) => text.parse().context("SCALE must be a whole number of rows")?,
        Err(_) => 100_000,
    };
    let binaries = binaries::build()?;
    println!("{}", figure::machine());
    binaries::sizes(&binaries)?.print();
    // One thread, like a function. The engines have their own threads.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        start::measure(&binaries).await?.print();
        operations::measure(&Stack::start().await?).await?.print();
        scale::measure(scale).await?.print();
        Ok(())
    })
}
