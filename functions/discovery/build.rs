//! Compresses what this function serves: the committed OpenAPI documents, without white space, and the pages.

use std::{env, error::Error, fs, io::Write, path::Path};

use flate2::{Compression, GzBuilder};

fn main() -> Result<(), Box<dyn Error>> {
    for name in ["openapi.json", "openapi-client.json"] {
        let text = fs::read_to_string(source("../../infra", name))?;
        write(name, compact(&text).as_bytes())?;
    }
    for name in ["index.html", "docs.html", "docs.js", "scalar.LICENSE"] {
        write(name, &fs::read(source("assets", name))?)?;
    }
    Ok(())
}

fn source(folder: &str, name: &str) -> std::path::PathBuf {
    let source = Path::new(folder).join(name);
    println!("cargo::rerun-if-changed={}", source.display());
    source
}

fn write(name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join(format!("{name}.gz")), encoder.finish()?)?;
    Ok(())
}

/// Removes the white space outside of strings. Parsing and printing would lose the order of the keys.
fn compact(json: &str) -> String {
    let (mut in_string, mut is_escaped) = (false, false);
    json.chars()
        .filter(|&c| {
            let keep = in_string || !c.is_whitespace();
            in_string ^= c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            keep
        })
        .collect()
}
