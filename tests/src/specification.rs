use std::{collections::HashMap, sync::LazyLock};

use http::Method;
use serde_json::{Value, json};

use crate::TestResponse;

/// An OpenAPI document.
pub struct Specification {
    document: Value,
    /// Body validators by path, method and status.
    validators: HashMap<(String, String, String), jsonschema::Validator>,
}

static COMMITTED: LazyLock<Specification> = LazyLock::new(|| {
    let text = include_str!("../../infra/openapi.json");
    Specification::new(serde_json::from_str(text).expect("openapi.json is JSON"))
});

static CLIENT: LazyLock<Specification> = LazyLock::new(|| {
    let text = include_str!("../../infra/openapi-client.json");
    Specification::new(serde_json::from_str(text).expect("openapi-client.json is JSON"))
});

impl Specification {
    /// Returns the committed `openapi.json`, the document for server keys.
    #[must_use]
    pub fn committed() -> &'static Self {
        &COMMITTED
    }

    /// Returns the committed `openapi-client.json`, the document for client keys.
    #[must_use]
    pub fn client() -> &'static Self {
        &CLIENT
    }

    fn new(document: Value) -> Self {
        let mut validators = HashMap::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                    let response = resolve(&document, response);
                    for content in response["content"].as_object().into_iter().flatten().map(|(_, content)| content) {
                        let mut schema = content["schema"].clone();
                        schema["components"] = document["components"].clone();
                        let validator = jsonschema::validator_for(&schema).expect("a valid schema");
                        validators.insert((path.clone(), method.clone(), status.clone()), validator);
                    }
                }
            }
        }
        Self { document, validators }
    }

    /// Returns the operation, or `null`.
    #[must_use]
    pub fn operation(&self, path: &str, method: &Method) -> &Value {
        let method = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
        &self.document["paths"][path][method]
    }

    /// Asserts that a body matches the schema of its content.
    #[track_caller]
    pub fn check_body(&self, content: &Value, body: &Value, what: &str) {
        let mut schema = content["schema"].clone();
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&schema).expect("a valid schema");
        let errors: Vec<_> = validator.iter_errors(body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{what}: {errors:#?}");
    }

    /// Returns the document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Returns the path and method of every operation.
    #[must_use]
    pub fn operations(&self) -> Vec<(String, Method)> {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        paths
            .flat_map(|(path, item)| {
                let methods = item.as_object().into_iter().flatten();
                methods.map(|(method, _)| (path.clone(), method.to_uppercase().parse().expect("a method")))
            })
            .collect()
    }

    /// Returns the path template that matches a path.
    pub(crate) fn path_of(&self, path: &str) -> Option<String> {
        let paths = self.document["paths"].as_object()?;
        let matches = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            template.len() == path.len()
                && template.iter().zip(&path).all(|(t, p)| t == p || (t.starts_with('{') && !p.is_empty()))
        };
        // A literal path takes precedence over one with a parameter.
        paths.keys().find(|known| *known == path).or_else(|| paths.keys().find(|known| matches(known))).cloned()
    }

    /// Asserts that the document for the kind of the key describes this response. Unknown routes are not checked. Of operations
    /// that client keys cannot call, they get only problems.
    #[track_caller]
    pub fn check_response(is_client: bool, method: &Method, path: &str, answer: &TestResponse) {
        let (server, client) = (Self::committed(), Self::client());
        let Some(template) = server.path_of(path) else { return };
        if is_client && client.operation(&template, method).is_object() {
            return client.check(method, path, answer);
        }
        let is_open = server.operation(&template, method)["security"] == json!([{}]);
        assert!(
            !is_client || is_open || answer.status.is_client_error() || answer.status.is_server_error(),
            "{method} {template} returns {} to a client key, and openapi-client.json does not have it",
            answer.status,
        );
        server.check(method, path, answer);
    }

    #[track_caller]
    fn check(&self, method: &Method, path: &str, answer: &TestResponse) {
        let Some(template) = self.path_of(path) else { return };
        let method = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
        let operation = &self.document["paths"][&template][&method];
        if operation.is_null() {
            assert_eq!(answer.status, 405, "{method} {template} is not in openapi.json");
            return;
        }
        let status = answer.status.as_u16().to_string();
        assert!(
            operation["responses"].get(&status).is_some(),
            "{method} {template} returns {status}, which is not in openapi.json: {:?}",
            answer.bytes,
        );
        assert!(answer.header("x-request-id").is_some(), "the response has no request ID");
        if answer.bytes.is_empty() {
            return;
        }
        let validator = self
            .validators
            .get(&(template.clone(), method.clone(), status.clone()))
            .unwrap_or_else(|| panic!("{method} {template} {status} has no body in openapi.json"));
        let errors: Vec<_> = validator
            .iter_errors(&answer.json())
            .map(|e| json!({ "at": e.instance_path.to_string(), "error": e.to_string() }))
            .collect();
        assert!(errors.is_empty(), "{method} {template} {status}: {errors:#?}");
    }
}

/// Returns what a reference refers to.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("the reference resolves"),
        None => value,
    }
}
