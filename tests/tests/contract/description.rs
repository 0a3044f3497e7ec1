use deskless_infra::routes;
use deskless_tests::Specification;

#[test]
fn committed_description_is_up_to_date() {
    let fresh = serde_json::to_value(routes::description()).expect("JSON");
    assert!(
        &fresh == Specification::committed().document(),
        "infra/openapi.json is out of date: run `make openapi` and commit the result"
    );
}

#[test]
fn every_operation_has_id_summary_and_tag() {
    let document = Specification::committed().document();
    let mut ids = std::collections::BTreeSet::new();
    for (path, method) in Specification::committed().operations() {
        let operation = &document["paths"][&path][method.as_str().to_lowercase()];
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no operationId"));
        assert!(ids.insert(id.to_owned()), "{id} is used twice");
        assert!(operation["summary"].is_string(), "{id} has no summary");
        assert!(operation["tags"][0].is_string(), "{id} has no tag");
    }
}

#[test]
fn every_reference_resolves() {
    let document = Specification::committed().document();
    let text = document.to_string();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = &part[..part.find('"').expect("a closing quote")];
        assert!(document.pointer(pointer).is_some(), "{pointer} does not exist");
    }
}
