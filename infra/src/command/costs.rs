use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use deskless_infra::{
    costs::{Costs, document, headline, quotation},
    template::TEXT,
};

/// The checkout that this command was built from.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const BEGIN: &str = "<!-- costs: written by `make costs` -->\n";
const END: &str = "<!-- end of costs -->\n";

/// Options of `deskless costs`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Write nothing. Fail if docs/costs.md, README.md or docs/events.md is out of date.
    #[arg(long)]
    check: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let costs = Costs::compute(TEXT)?;
    let files = [
        ("docs/costs.md", document(&costs)?),
        ("README.md", quoting("README.md", &headline(&costs)?)?),
        ("docs/events.md", quoting("docs/events.md", &quotation(&costs))?),
    ];
    for (path, fresh) in files {
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

/// Returns a file with these lines between the two comments.
fn quoting(path: &str, lines: &str) -> Result<String> {
    let text = fs::read_to_string(Path::new(ROOT).join(path)).with_context(|| format!("{path} cannot be read"))?;
    let Some((before, rest)) = text.split_once(BEGIN) else { bail!("{path} has no line `{}`", BEGIN.trim()) };
    let Some((_, after)) = rest.split_once(END) else { bail!("{path} has no line `{}`", END.trim()) };
    Ok(format!("{before}{BEGIN}{lines}{END}{after}"))
}
