use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use deskless_infra::routes;

/// Where the description is committed, seen from the checkout.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

/// Options of `deskless openapi`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Change nothing; fail if the committed description is not what the routes say.
    #[arg(long)]
    check: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let file = PathBuf::from(FILE);
    let mut fresh = routes::description().to_pretty_json()?;
    fresh.push('\n');
    if !options.check {
        return std::fs::write(&file, fresh).with_context(|| format!("{} cannot be written", file.display()));
    }
    if std::fs::read_to_string(&file).unwrap_or_default() == fresh {
        return Ok(());
    }
    bail!("infra/openapi.json is not what the routes say of themselves: run `make openapi` and commit what changes")
}
