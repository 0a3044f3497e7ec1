use std::{collections::HashMap, sync::LazyLock};

use http::Method;
use serde_json::{Value, json};

use crate::Answer;

/// The committed `openapi.json`.
pub struct Specification {
    document: Value,
    /// By path, method and status: what the body has to be.
    validators: HashMap<(String, String, String), jsonschema::Validator>,
}

static COMMITTED: LazyLock<Specification> = LazyLock::new(|| {
    let text = include_str!("../../infra/openapi.json");
    Specification::new(serde_json::from_str(text).expect("openapi.json is JSON"))
});

impl Specification {
    /// The committed one.
    #[must_use]
    pub fn committed() -> &'static Self {
        &COMMITTED
    }

    fn new(document: Value) -> Self {
        let mut validators = HashMap::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                for (status, response) in operation["responses"].as_object().into_iter().flatten() {
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

    /// The document itself.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation: path and method.
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

    /// The path as the document spells it.
    pub(crate) fn path_of(&self, path: &str) -> Option<String> {
        let paths = self.document["paths"].as_object()?;
        let fits = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            template.len() == path.len()
                && template.iter().zip(&path).all(|(t, p)| t == p || (t.starts_with('{') && !p.is_empty()))
        };
        // A path that is spelled out goes before one with a parameter in its place.
        paths.keys().find(|known| *known == path).or_else(|| paths.keys().find(|known| fits(known))).cloned()
    }

    /// Fails if the document does not know this answer. A route that is none is not in it.
    #[track_caller]
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let Some(template) = self.path_of(path) else { return };
        let method = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
        let operation = &self.document["paths"][&template][&method];
        if operation.is_null() {
            assert_eq!(answer.status, 405, "{method} {template} is not in the specification");
            return;
        }
        let status = answer.status.as_u16().to_string();
        assert!(
            operation["responses"].get(&status).is_some(),
            "{method} {template} answers {status}, which the specification does not have: {:?}",
            answer.bytes,
        );
        assert!(answer.header("x-request-id").is_some(), "there is no request id");
        if answer.bytes.is_empty() {
            return;
        }
        let validator = self
            .validators
            .get(&(template.clone(), method.clone(), status.clone()))
            .unwrap_or_else(|| panic!("{method} {template} {status} has no body in the specification"));
        let errors: Vec<_> = validator
            .iter_errors(&answer.json())
            .map(|e| json!({ "at": e.instance_path.to_string(), "error": e.to_string() }))
            .collect();
        assert!(errors.is_empty(), "{method} {template} {status}: {errors:#?}");
    }
}
