//! The OpenAPI documents: they match the routes, are consistent, and stay small.

use std::collections::BTreeSet;

use deskless_infra::routes;
use deskless_tests::{Specification, World};
use http::Method;
use serde_json::Value;

/// The largest size of a document: lines of the committed file, and bytes of the compressed response. The feed of events, webhook endpoints
/// and the requests that they get have added about 2,500 lines to the 13,000 of the other operations.
const MAX_LINES: usize = 16_000;
const MAX_GZIPPED: usize = 34 * 1024;

const SERVED: [(&str, &str); 2] = [
    ("/api/v1/openapi.json", include_str!("../../../infra/openapi.json")),
    ("/api/v1/openapi-client.json", include_str!("../../../infra/openapi-client.json")),
];

fn both() -> [(&'static str, &'static Specification); 2] {
    [("openapi.json", Specification::committed()), ("openapi-client.json", Specification::client())]
}

#[test]
fn committed_descriptions_are_up_to_date() {
    for ((name, committed), fresh) in both().into_iter().zip([routes::description(), routes::client_description()]) {
        let fresh = serde_json::to_value(fresh.expect("a document")).expect("JSON");
        assert!(
            &fresh == committed.document(),
            "infra/{name} is out of date: run `make openapi` and commit the result"
        );
    }
}

#[test]
fn every_operation_has_id_summary_and_tag() {
    for (name, specification) in both() {
        let mut ids = BTreeSet::new();
        for (path, method) in specification.operations() {
            let operation = specification.operation(&path, &method);
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no operationId"));
            assert!(ids.insert(id.to_owned()), "{name}: {id} is used twice");
            let summary = operation["summary"].as_str().unwrap_or_else(|| panic!("{id} has no summary"));
            assert!(
                (2..=5).contains(&summary.split(' ').count()),
                "{id}: the summary has 2 to 5 words, not {summary:?}"
            );
            assert!(operation["tags"][0].is_string(), "{id} has no tag");
        }
    }
}

/// Returns every `$ref` in the document.
fn references(document: &Value) -> BTreeSet<String> {
    let text = document.to_string();
    let parts = text.split("\"$ref\":\"#").skip(1);
    parts.map(|part| part[..part.find('"').expect("a closing quote")].to_owned()).collect()
}

#[test]
fn every_reference_resolves_and_every_component_is_used() {
    for (name, specification) in both() {
        let document = specification.document();
        let used = references(document);
        for pointer in &used {
            assert!(document.pointer(pointer).is_some(), "{name}: {pointer} does not exist");
        }
        for (kind, components) in document["components"].as_object().expect("components") {
            for component in components.as_object().expect("components").keys().filter(|_| kind != "securitySchemes") {
                let pointer = format!("/components/{kind}/{component}");
                assert!(used.contains(&pointer), "{name}: {pointer} is never used");
            }
        }
    }
}

/// Generators name types after operations, such as `SignFileResponse`. A schema with such a name would collide.
#[test]
fn schemas_are_not_named_like_generated_types() {
    for (name, specification) in both() {
        let schemas = specification.document()["components"]["schemas"].as_object().expect("schemas");
        for (path, method) in specification.operations() {
            let id = specification.operation(&path, &method)["operationId"].as_str().expect("an id").to_owned();
            let words = id.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
            let base = words.collect::<String>();
            for suffix in ["", "Response", "Responses", "Error", "Errors", "Data", "Params", "JSONRequestBody"] {
                let generated = format!("{base}{suffix}");
                assert!(!schemas.contains_key(&generated), "{name}: the schema {generated} collides with {id}");
            }
        }
    }
}

/// Generators handle flat objects alike, and unions each in their own way. A value that may be `null` is no union.
#[test]
fn no_schema_is_a_union_or_has_a_title() {
    fn check(at: &str, value: &Value) {
        match value {
            Value::Object(object) => {
                for keyword in ["oneOf", "anyOf", "allOf"] {
                    let Some(Value::Array(items)) = object.get(keyword) else { continue };
                    let nullable = items.len() == 2 && items.iter().any(|item| item["type"] == "null");
                    assert!(keyword == "oneOf" && nullable, "{at}: {keyword} is a union");
                    assert!(
                        items.iter().any(|item| item.get("$ref").is_some()),
                        "{at}: the union has an inline schema"
                    );
                }
                let is_schema = object.get("type").is_some_and(Value::is_string);
                assert!(!is_schema || !object.get("title").is_some_and(Value::is_string), "{at} has a title");
                object.iter().for_each(|(key, value)| check(&format!("{at}/{key}"), value));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, value)| check(&format!("{at}/{i}"), value));
            }
            _ => {}
        }
    }
    for (name, specification) in both() {
        check(name, &specification.document()["components"]["schemas"]);
        check(name, &specification.document()["paths"]);
    }
}

#[tokio::test]
async fn documents_are_small_and_served_with_a_tag() {
    let world = World::new().await;
    for (path, committed) in SERVED {
        let lines = committed.lines().count();
        assert!(lines <= MAX_LINES, "{path} has {lines} lines, more than {MAX_LINES}");
        let ask = world.anon().ask(Method::GET, path).header("accept-encoding", "gzip").skip_validation();
        let packed = ask.send().await;
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert!(packed.bytes.len() <= MAX_GZIPPED, "{path} has {} bytes, more than {MAX_GZIPPED}", packed.bytes.len());

        let plain = world.anon().get(path).await;
        let tag = plain.header("etag").expect("a tag").to_owned();
        let committed: Value = serde_json::from_str(committed).expect("JSON");
        assert_eq!(plain.header("content-encoding"), None);
        assert_eq!(plain.expect(200), committed);
        let packed_tag = packed.header("etag").expect("a tag");
        assert_ne!(packed_tag, tag);
        for known in [&tag, packed_tag] {
            // The tag is that of the uncompressed document, which this request would get.
            let again = world.anon().ask(Method::GET, path).header("if-none-match", known).send().await;
            assert_eq!((again.status.as_u16(), again.header("etag")), (304, Some(tag.as_str())));
        }
    }
}

#[test]
fn type_of_every_object_is_snake_case() {
    let mut names = Vec::new();
    for (_, specification) in both() {
        for (name, schema) in specification.document()["components"]["schemas"].as_object().expect("schemas") {
            // `Tag` itself is a label of a conversation.
            if name.ends_with("Tag") && name != "Tag" {
                names.extend(schema["enum"].as_array().expect(name).clone());
            }
        }
    }
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        let name = name.as_str().expect("a text");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
    }
}
