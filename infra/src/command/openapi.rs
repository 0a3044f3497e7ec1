use std::path::Path;

use anyhow::{Context, Result, bail};
use deskless_infra::routes;

/// The folder of the committed descriptions.
const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Options of `deskless openapi`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Check that the files are up to date without writing them.
    #[arg(long)]
    check: bool,
}

pub fn run(options: &Options) -> Result<()> {
    for (name, document) in
        [("openapi.json", routes::description()?), ("openapi-client.json", routes::client_description()?)]
    {
        let file = Path::new(FOLDER).join(name);
        let mut fresh = document.to_pretty_json()?;
        fresh.push('\n');
        if !options.check {
            std::fs::write(&file, fresh).with_context(|| format!("cannot write {}", file.display()))?;
        } else if std::fs::read_to_string(&file).unwrap_or_default() != fresh {
            bail!("infra/{name} is out of date: run `make openapi` and commit the result");
        }
    }
    Ok(())
}
