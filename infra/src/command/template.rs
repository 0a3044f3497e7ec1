use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use deskless_infra::template;

/// The checkout that this command was built from.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Options of `deskless template`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Write nothing. Fail if a committed file is out of date.
    #[arg(long)]
    check: bool,
    /// Print a template of the table alone, for importing a restored table into a new stack.
    #[arg(long, conflicts_with = "check")]
    table_only: bool,
}

pub fn run(options: &Options) -> Result<()> {
    if options.table_only {
        print!("{}", template::table_only()?);
        return Ok(());
    }
    for (path, fresh) in template::generate()? {
        let file = Path::new(ROOT).join(path);
        if fs::read_to_string(&file).unwrap_or_default() == fresh {
            continue;
        }
        if options.check {
            bail!("{path} does not match infra/template/ and the code. Run `make template` and commit the result.");
        }
        fs::write(&file, fresh).with_context(|| format!("{path} cannot be written"))?;
        println!("Updated {path}.");
    }
    Ok(())
}
