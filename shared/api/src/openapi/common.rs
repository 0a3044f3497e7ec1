//! What all operations have in common: parameters, problem responses and response headers.

use utoipa::openapi::{
    HeaderBuilder, ObjectBuilder, PathItem, Paths, Ref, RefOr, Required, Schema,
    header::Header,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{OneOf, Type},
};

use super::{Audience, access::add_access};
use crate::media_type;

/// The media type of problem documents.
pub(super) const PROBLEM: &str = "application/problem+json";

/// The header with the customer token, in requests and, when it is renewed, in responses.
pub(super) const CUSTOMER_TOKEN: &str = "X-Customer-Token";

/// Returns the operations of a path.
pub(super) fn operations(item: &PathItem) -> impl Iterator<Item = &Operation> {
    [&item.get, &item.post, &item.patch, &item.delete].into_iter().filter_map(Option::as_ref)
}

/// Returns the operations of a path, to change them.
pub(super) fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete].into_iter().filter_map(Option::as_mut)
}

/// Adds what all operations have in common.
pub(super) fn complete(audience: Audience, paths: &mut Paths) {
    for (path, item) in &mut paths.paths {
        // A test of a webhook endpoint is sent each time.
        let is_repeatable = !path.ends_with("/test");
        if let Some(operation) = item.post.as_mut().filter(|_| is_repeatable) {
            add_parameter(operation, idempotency_key());
        }
        // These POST operations update an existing resource.
        let update = item
            .post
            .as_mut()
            .filter(|_| path.ends_with("/resolve") || path.ends_with("/read") || path.ends_with("/rotate-secret"));
        for operation in [item.patch.as_mut(), item.delete.as_mut(), update].into_iter().flatten() {
            add_parameter(
                operation,
                entity_tags("If-Match", "Update the resource only if its version is one of these entity tags, or `*`."),
            );
            add_response(operation, 412);
        }
        if let Some(operation) = item.get.as_mut().filter(|_| path.ends_with('}') || path.contains("/openapi")) {
            add_parameter(
                operation,
                entity_tags(
                    "If-None-Match",
                    "Return the resource only if its version is none of these entity tags, or `*`.",
                ),
            );
            add_response(operation, 304);
        }
        for operation in operations_mut(item) {
            plain_body(operation);
            add_access(operation);
            // Operations that need no key say so.
            if operation.security.is_none() {
                if audience == Audience::Client {
                    let is_optional = operation.operation_id.as_deref() == Some("create_conversation");
                    add_parameter(operation, customer_token(!is_optional));
                }
                for status in [401, 403, 429, 500, 503] {
                    add_response(operation, status);
                }
                add_headers(audience, operation);
            }
            if takes_input(operation) {
                add_response(operation, 400);
            }
            if path.contains('{') {
                add_response(operation, 404);
            }
            if operation.request_body.is_some() {
                add_response(operation, 413);
                add_response(operation, 415);
            }
        }
        if let Some(post) = item.post.as_mut().filter(|_| is_repeatable) {
            add_response(post, 410);
            add_response(post, 422);
        }
        if let Some(patch) = &mut item.patch {
            accept_merge_patch(patch);
        }
    }
}

/// Describes a body that may be left out as a body that is not required, instead of one that may be `null`.
fn plain_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(OneOf { items, .. }))) = &content.schema
            && let Some(reference) = items.iter().find_map(|item| match item {
                RefOr::Ref(reference) => Some(Ref::new(reference.ref_location.clone())),
                RefOr::T(_) => None,
            })
        {
            content.schema = Some(reference.into());
            body.required = Some(Required::False);
        }
    }
}

/// Adds the media type of JSON merge patches, which PATCH accepts beside plain JSON.
fn accept_merge_patch(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    if let Some(content) = body.content.get("application/json").cloned() {
        body.content.insert(media_type::MERGE_PATCH.to_owned(), content);
    }
}

/// Adds the renewed token of anonymous customers to successful responses.
fn add_headers(audience: Audience, operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if audience == Audience::Client && status.starts_with('2') {
            let text = "A new token for an anonymous customer whose token is older than a day. Use it from now on.";
            response.headers.insert(CUSTOMER_TOKEN.to_owned(), text_header(text).into());
        }
    }
}

/// Adds the rate limit headers.
pub(super) fn add_limits(headers: &mut std::collections::BTreeMap<String, RefOr<Header>>) {
    for (name, text) in [
        ("RateLimit-Policy", "The limits: requests (`q`) per window of seconds (`w`)."),
        ("RateLimit", "The number of remaining requests (`r`), and the seconds until the next window (`t`)."),
    ] {
        headers.insert(name.to_owned(), text_header(text).into());
    }
}

/// Whether the request has input other than path parameters.
fn takes_input(operation: &Operation) -> bool {
    let is_not_in_path =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(p) if p.parameter_in != ParameterIn::Path);
    operation.request_body.is_some() || operation.parameters.iter().flatten().any(is_not_in_path)
}

fn add_parameter(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_with(Vec::new).push(parameter.into());
}

/// Adds a shared response, unless the operation describes the status itself.
fn add_response(operation: &mut Operation, status: u16) {
    if let Some(name) = super::shared::response_name(status) {
        let reference = Ref::from_response_name(name);
        operation.responses.responses.entry(status.to_string()).or_insert_with(|| reference.into());
    }
}

/// Returns the description of a header with a text.
pub(super) fn text_header(text: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(text)).build()
}

fn customer_token(is_required: bool) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    ParameterBuilder::new()
        .name(CUSTOMER_TOKEN)
        .parameter_in(ParameterIn::Header)
        .required(if is_required { Required::True } else { Required::False })
        .description(Some("The JWT that identifies the customer."))
        .schema(Some(schema))
        .build()
}

fn idempotency_key() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[ -~]*[!-~][ -~]*$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "Makes the request safe to retry for 24 hours: a retry with the same key and body gets the first response again.",
        ))
        .schema(Some(schema))
        .build()
}

fn entity_tags(name: &str, text: &str) -> Parameter {
    let tag = r#"(W/)?"[!#-+\--~]*""#;
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!(r"^(\*|{tag}(, {tag}){{0,9}})$")));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(text))
        .schema(Some(schema))
        .build()
}
