use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use deskless_infra::routes;

/// The committed OpenAPI description.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

/// Options of `deskless openapi`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Check that the file is up to date without writing it.
    #[arg(long)]
    check: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let file = PathBuf::from(FILE);
    let mut fresh = routes::description().to_pretty_json()?;
    fresh.push('\n');
    if !options.check {
        return std::fs::write(&file, fresh).with_context(|| format!("cannot write {}", file.display()));
    }
    if std::fs::read_to_string(&file).unwrap_or_default() == fresh {
        return Ok(());
    }
    bail!("infra/openapi.json is out of date: run `make openapi` and commit the result")
}
