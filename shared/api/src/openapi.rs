//! The OpenAPI document: the descriptions of the route groups, and what all operations have in common.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, Content, HeaderBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
        PathItem, Paths, Ref, RefOr, ResponseBuilder, SecurityRequirement, Server,
        header::Header,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        response::Response,
        schema::{AdditionalProperties, Schema, Type},
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
        tag::TagBuilder,
    },
};

use crate::{Code, ProblemDocument, fields::FieldError};

/// The base path of all routes.
pub const BASE: &str = "/api/v1";

const ABOUT: &str = "\
The conversations API of Deskless: support inboxes, chat and AI threads.\n\n\
**Authentication.** Send an API key as `Authorization: Bearer <key>` or `X-API-Key: <key>`. A key gives access to one \
workspace. Server keys are for back ends. Client keys are for browsers and apps. They can call the operations with an \
`X-Customer-Token` header, and get responses of their own shape.\n\n\
**Customer tokens.** `X-Customer-Token` is a JWT that identifies the customer. It is signed with HS256. `kid` is the id of the \
identity secret, `aud` the id of the workspace, `sub` the id of the customer. `iat` and `exp` are at most 24 hours apart.\n\n\
**Errors.** Errors are problem documents (RFC 9457) with a stable `code`.\n\n\
**Pagination.** Send `nextCursor` as `cursor` to get the next page. A page can have fewer than `limit` items even if `hasMore` \
is `true`.\n\n\
**Idempotency.** Send an `Idempotency-Key` with a POST to retry it safely.\n\n\
**Rate limits.** Each key has a limit of requests a minute.\n\n\
**Consistency.** Lists of conversations can lag behind a write by a moment. Single resources and messages never do.";

/// Merges the descriptions of the route groups and adds what all operations have in common.
#[must_use]
pub fn document(parts: Vec<OpenApi>) -> OpenApi {
    let mut document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Deskless")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .license(Some(
                    LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build(),
                ))
                .build(),
        )
        .servers(Some([Server::new("/")]))
        .tags(Some([
            TagBuilder::new().name("Conversations").description(Some("Conversations with customers.")).build(),
            TagBuilder::new()
                .name("Messages")
                .description(Some("The messages of a conversation: replies and internal notes."))
                .build(),
            TagBuilder::new().name("Bulk actions").description(Some("Run one action on many conversations.")).build(),
            TagBuilder::new()
                .name("Files")
                .description(Some("Files to attach to messages. They are uploaded directly to S3."))
                .build(),
            TagBuilder::new().name("Customers").description(Some("The customers of the workspace.")).build(),
            TagBuilder::new()
                .name("Workspace")
                .description(Some("Inboxes, members, assistants, pipelines and views."))
                .build(),
            TagBuilder::new()
                .name("Predefined messages")
                .description(Some("Replies saved as templates. Variables are filled in from the conversation."))
                .build(),
            TagBuilder::new()
                .name("Automations")
                .description(Some(
                    "Automations run actions when an event matches their conditions, or when you trigger them.",
                ))
                .build(),
            TagBuilder::new()
                .name("API keys")
                .description(Some("API keys, with their kind, scopes and limits."))
                .build(),
            TagBuilder::new()
                .name("Audit log")
                .description(Some("Who changed settings and API keys, deleted data or exported it."))
                .build(),
            TagBuilder::new().name("Description").description(Some("The OpenAPI document.")).build(),
        ]))
        .build();
    for part in parts {
        document.merge(part);
    }
    let components = document.components.get_or_insert_with(Components::new);
    let mut schemas = vec![(ProblemDocument::name().into_owned(), ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    components.schemas.insert(Code::name().into_owned(), Code::schema());
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme(
        "apiKey",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "X-API-Key",
            "The API key, without a scheme.",
        ))),
    );
    for schema in components.schemas.values_mut() {
        close(schema);
    }
    complete(&mut document.paths);
    document
}

/// Sets `additionalProperties: false` on every object schema.
fn close(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema
        && !object.properties.is_empty()
    {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        object.properties.values_mut().for_each(close);
    } else if let RefOr::T(Schema::OneOf(kinds)) = schema {
        kinds.items.iter_mut().for_each(close);
    }
}

fn complete(paths: &mut Paths) {
    for (path, item) in &mut paths.paths {
        let PathItem { get, post, patch, delete, .. } = item;
        if let Some(operation) = post {
            add_parameter(operation, idempotency_key());
        }
        // These POST operations update an existing resource.
        let update = post.as_mut().filter(|_| path.ends_with("/resolve") || path.ends_with("/read"));
        for operation in [patch.as_mut(), delete.as_mut(), update].into_iter().flatten() {
            add_parameter(
                operation,
                entity_tags("If-Match", "Update the resource only if its current version is one of these."),
            );
            add_problem(operation, 412, "The resource has changed since it was read");
        }
        if let Some(operation) = get.as_mut().filter(|_| path.ends_with('}')) {
            add_parameter(
                operation,
                entity_tags("If-None-Match", "Return the resource only if its current version is none of these."),
            );
            operation.responses.responses.insert("304".to_owned(), described("The resource has not changed").into());
        }
        for operation in [get.as_mut(), post.as_mut(), patch.as_mut(), delete.as_mut()].into_iter().flatten() {
            if operation.security.is_none() {
                operation.security = Some(vec![
                    SecurityRequirement::new("bearer", NO_SCOPES),
                    SecurityRequirement::new("apiKey", NO_SCOPES),
                ]);
                for (status, text) in [
                    (401, "The API key or the customer token is missing or invalid"),
                    (403, "The API key does not allow the request"),
                    (429, "The rate limit was exceeded. Retry after `Retry-After` seconds"),
                    (500, "An internal error occurred"),
                    (503, "The request timed out. Retry it"),
                ] {
                    add_problem(operation, status, text);
                }
            }
            if takes_input(operation) {
                add_problem(operation, 400, "The request is invalid");
            }
            if path.contains('{') {
                add_problem(operation, 404, "The resource does not exist in this workspace");
            }
            if operation.request_body.is_some() {
                add_problem(operation, 413, "The body is larger than 1 MiB");
                add_problem(operation, 415, "The body is not JSON");
            }
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    let id = "The request id: the one you sent in this header, or a generated one.";
                    response.headers.insert("X-Request-Id".to_owned(), text_header(id).into());
                }
            }
            if operation.responses.responses.contains_key("429") {
                add_limits(operation);
            }
        }
        if let Some(post) = post {
            add_problem(
                post,
                422,
                "The idempotency key was used with another request, or the state of the resource does not allow this",
            );
        }
    }
}

/// Adds the rate limit headers, and the renewed token of anonymous customers.
fn add_limits(operation: &mut Operation) {
    let names_customers = operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == CUSTOMER_TOKEN));
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let mut add = |name: &str, text: &str| response.headers.insert(name.to_owned(), text_header(text).into());
        if status == "429" {
            add("Retry-After", "Seconds until the next window starts.");
        }
        if status != "401" {
            add("RateLimit-Policy", "The limits: requests (`q`) per window of seconds (`w`).");
            add(
                "RateLimit",
                "The approximate number of remaining requests (`r`), and the seconds until the next window (`t`).",
            );
        }
        if names_customers && status.starts_with('2') {
            add(
                CUSTOMER_TOKEN,
                "A new token for an anonymous customer whose token is older than a day. Use it from now on.",
            );
        }
    }
}

/// The header with the customer token, in requests and, when it is renewed, in responses.
const CUSTOMER_TOKEN: &str = "X-Customer-Token";

/// Whether the request has input other than path parameters.
fn takes_input(operation: &Operation) -> bool {
    let is_not_in_path =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(p) if p.parameter_in != ParameterIn::Path);
    operation.request_body.is_some() || operation.parameters.iter().flatten().any(is_not_in_path)
}

/// OpenAPI supports scopes only for OAuth, so the scopes of API keys are not listed.
const NO_SCOPES: [String; 0] = [];

fn add_parameter(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_with(Vec::new).push(parameter.into());
}

fn add_problem(operation: &mut Operation, status: u16, text: &str) {
    let response = ResponseBuilder::new()
        .description(text)
        .content("application/problem+json", Content::new(Some(Ref::from_schema_name(ProblemDocument::name()))))
        .build();
    operation.responses.responses.entry(status.to_string()).or_insert_with(|| response.into());
}

fn described(text: &str) -> Response {
    ResponseBuilder::new().description(text).build()
}

fn text_header(text: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(text)).build()
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
            "Makes the request safe to retry for 24 hours. A retry with the same key and body gets the first response again, \
             with `Idempotent-Replayed: true`.",
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
        .description(Some(format!("{text} A list of entity tags from `ETag` headers, or `*`.")))
        .schema(Some(schema))
        .build()
}
