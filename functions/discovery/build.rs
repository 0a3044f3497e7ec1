//! Copies the committed OpenAPI documents without white space, which makes them an eighth smaller when compressed.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var("OUT_DIR")?;
    for name in ["openapi.json", "openapi-client.json"] {
        let source = Path::new("../../infra").join(name);
        println!("cargo::rerun-if-changed={}", source.display());
        fs::write(Path::new(&target).join(name), compact(&fs::read_to_string(source)?))?;
    }
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
