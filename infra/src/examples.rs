//! The examples of requests and responses, which a contract test executes.
//!
//! `infra/examples/` has a file for each document. A request belongs to an operation. A response belongs to a schema, and all
//! operations with the schema share it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Schema, example::ExampleBuilder, path::Operation};

/// The examples of a document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// The bodies of requests, by operation id.
    pub requests: BTreeMap<String, Value>,
    /// The bodies of responses, by the name of the schema.
    pub responses: BTreeMap<String, Value>,
}

impl Examples {
    /// Returns the examples of `openapi.json`.
    ///
    /// # Errors
    /// When the file is malformed.
    pub fn server() -> Result<Self> {
        serde_json::from_str(include_str!("../examples/server.json")).context("infra/examples/server.json")
    }

    /// Returns the examples of `openapi-client.json`.
    ///
    /// # Errors
    /// When the file is malformed.
    pub fn client() -> Result<Self> {
        serde_json::from_str(include_str!("../examples/client.json")).context("infra/examples/client.json")
    }

    /// Adds the examples to a document.
    pub fn add_to(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            for operation in [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten() {
                self.add_request(operation);
                self.add_responses(operation);
            }
        }
        if let Some(components) = &mut document.components {
            for (name, value) in &self.responses {
                let example = ExampleBuilder::new().value(Some(value.clone())).build();
                components.examples.insert(name.clone(), example.into());
            }
        }
    }

    fn add_request(&self, operation: &mut Operation) {
        let example = operation.operation_id.as_ref().and_then(|id| self.requests.get(id));
        if let (Some(RefOr::T(body)), Some(example)) = (&mut operation.request_body, example) {
            for content in body.content.values_mut() {
                if let RefOr::T(content) = content {
                    content.example = Some(example.clone());
                }
            }
        }
    }

    fn add_responses(&self, operation: &mut Operation) {
        for response in operation.responses.responses.values_mut() {
            let RefOr::T(response) = response else { continue };
            for content in response.content.values_mut() {
                let RefOr::T(content) = content else { continue };
                if let Some(name) = schema_of(content).filter(|name| self.responses.contains_key(name)) {
                    let reference = Ref::new(format!("#/components/examples/{name}"));
                    content.examples.insert("example".to_owned(), RefOr::Ref(reference));
                }
            }
        }
    }
}

/// Returns the name of the schema that the content refers to.
fn schema_of(content: &Content) -> Option<String> {
    match &content.schema {
        Some(RefOr::<Schema>::Ref(reference)) => reference.ref_location.rsplit('/').next().map(str::to_owned),
        _ => None,
    }
}
