use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use deskless_infra::{
    costs::{Costs, document, headline},
    template::TEXT,
};

/// The checkout that this command was built from.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const BEGIN: &str = "<!-- costs: written by `make costs` -->\n";
const END: &str = "<!-- end of costs -->\n";

/// Options of `deskless costs`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Write nothing. Fail if docs/costs.md or README.md is out of date.
    #[arg(long)]
    check: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let costs = Costs::compute(TEXT)?;
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).context("README.md cannot be read")?;
    let Some((before, rest)) = readme.split_once(BEGIN) else { bail!("README.md has no line `{}`", BEGIN.trim()) };
    let Some((_, after)) = rest.split_once(END) else { bail!("README.md has no line `{}`", END.trim()) };
    let quoted = format!("{before}{BEGIN}{}{END}{after}", headline(&costs)?);
    for (path, fresh) in [("docs/costs.md", document(&costs)?), ("README.md", quoted)] {
        let file = Path::new(ROOT).join(path);
        if fs::read_to_string(&file).unwrap_or_default() == fresh {
            continue;
        }
        if options.check {
            bail!(
                "{path} does not match the budgets, the prices and the template. Run `make costs` and commit the result."
            );
        }
        fs::write(&file, fresh).with_context(|| format!("{path} cannot be written"))?;
        println!("Updated {path}.");
    }
    Ok(())
}
