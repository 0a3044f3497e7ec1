//! Compresses what this function serves: the committed OpenAPI documents, without white space, and the pages.

use std::{env, error::Error, fs, path::Path};

use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn Error>> {
    for name in ["openapi.json", "openapi-client.json"] {
        let text = fs::read_to_string(source("../../infra", name))?;
        write(name, compact(&text)?.as_bytes())?;
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
    let mut packed = Vec::new();
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, bytes, &mut packed)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join(format!("{name}.gz")), packed)?;
    Ok(())
}

/// Returns a document without white space, with similar schemas next to each other. Compression refers only 32 KiB back.
fn compact(document: &str) -> Result<String, Box<dyn Error>> {
    let mut document: Map<String, Value> = serde_json::from_str(document)?;
    let mut components = take(&mut document, "components")?;
    let mut schemas: Vec<_> = take(&mut components, "schemas")?.into_iter().collect();
    schemas.sort_by_cached_key(|(name, schema)| place(name, schema));
    let schemas: Vec<_> = schemas.iter().map(|(name, schema)| format!("\"{name}\":{schema}")).collect();
    let head: Map<_, _> = ["openapi", "info"].into_iter().filter_map(|key| document.remove_entry(key)).collect();
    let [head, components, rest] = [head, components, document].map(|fields| Value::from(fields).to_string());
    let (head, components, rest) = (inner(&head), inner(&components), inner(&rest));
    Ok(format!(r#"{{{head},"components":{{"schemas":{{{}}},{components}}},{rest}}}"#, schemas.join(",")))
}

fn take(object: &mut Map<String, Value>, key: &str) -> Result<Map<String, Value>, String> {
    match object.remove(key) {
        Some(Value::Object(value)) => Ok(value),
        _ => Err(format!("the document has no {key}")),
    }
}

/// Returns an object's text without its braces.
fn inner(object: &str) -> &str {
    object.trim_start_matches('{').strip_suffix('}').unwrap_or(object)
}

/// Returns the place of a schema: objects first, the requests and the responses of a resource together.
fn place(name: &str, schema: &Value) -> (bool, String, usize, String) {
    const SUFFIXES: [&str; 5] = ["Tag", "Id", "ListResponse", "Response", "Request"];
    let suffix = SUFFIXES.iter().position(|suffix| name.ends_with(suffix)).unwrap_or(SUFFIXES.len());
    let is_object = schema["type"] == "object";
    let mut resource = name;
    for prefix in ["Create", "Update"] {
        resource = resource.strip_prefix(prefix).unwrap_or(resource);
    }
    let resource = resource.strip_suffix("Request").unwrap_or(resource);
    let resource = if is_object && suffix >= 4 { resource } else { "" };
    (!is_object, resource.to_owned(), suffix, name.to_owned())
}
