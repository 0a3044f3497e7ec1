//! `template.yaml`, as far as others have to agree with it.

use anyhow::{Context, Result};
use deskless_store::TableDefinition;
use serde_norway::Value;

/// The template's text.
pub const TEXT: &str = include_str!("../../template.yaml");

/// The table that the template describes.
///
/// # Errors
/// When the template has no readable table.
pub fn table() -> Result<TableDefinition> {
    let template: Value = serde_norway::from_str(TEXT).context("template.yaml is no YAML")?;
    let properties = &template["Resources"]["Table"]["Properties"];
    serde_norway::from_value(properties.clone()).context("template.yaml: Resources.Table is not the table we know")
}
