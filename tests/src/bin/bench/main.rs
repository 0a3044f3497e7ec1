//! What Deskless costs, beside the least that the same thing can cost: `make bench`.
//!
//! Every figure is a size or a ratio of two times that were taken in turns in one run; a time alone would say more of
//! the machine than of the code. It ends well whatever it finds, for it is no test. `SCALE=` sets how many rows the
//! large table has (100000 unless it is said).

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
    // One thread, as a function has it; the engines have threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        start::measure(&binaries).await?.print();
        operations::measure(&Stack::start().await?).await?.print();
        scale::measure(scale).await?.print();
        Ok(())
    })
}
