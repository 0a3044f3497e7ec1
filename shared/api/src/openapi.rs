//! The API's description: what the functions' routes say of themselves, and what holds on all of them.

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

/// Where all routes lie.
pub const BASE: &str = "/api/v1";

const ABOUT: &str = "Conversations between customers and a workspace: support inbox, chat, AI threads.\n\n\
Every request carries an API key, as `Authorization: Bearer <key>` or `X-API-Key: <key>`, and sees the workspace of \
that key and no other. A server key is for a back end. A client key is for a browser or an app: it acts for one customer, \
whom `X-Customer-Token` names (a JWT: HS256, `kid` the identity secret, `aud` the workspace's id, `sub` the customer's, \
`iat` and `exp` at most 24 hours apart), on the operations that take that header, and sees a shape of its own. Each key has \
a number of requests a minute. Errors are problem documents (RFC 9457) with a stable `code`. Lists are walked with `cursor`; a \
page may be short and still say `hasMore`. Every POST may be repeated safely under an `Idempotency-Key`. Lists of \
conversations come from indexes and lag a write by a moment; single objects and threads never do.";

/// Puts the functions' descriptions together and adds what holds on every route.
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
            TagBuilder::new().name("Conversations").description(Some("Threads with a customer.")).build(),
            TagBuilder::new().name("Messages").description(Some("What is said in a thread.")).build(),
            TagBuilder::new().name("Bulk actions").description(Some("One action on many conversations.")).build(),
            TagBuilder::new()
                .name("Files")
                .description(Some("What is sent along with messages: announced here, uploaded straight to S3."))
                .build(),
            TagBuilder::new().name("Customers").description(Some("Whom the workspace talks with.")).build(),
            TagBuilder::new()
                .name("Workspace")
                .description(Some("What conversations refer to, and saved views of them."))
                .build(),
            TagBuilder::new()
                .name("Predefined messages")
                .description(Some("Texts that are said again and again, with variables."))
                .build(),
            TagBuilder::new()
                .name("Automations")
                .description(Some("What is done by itself when something happens, or when somebody says so."))
                .build(),
            TagBuilder::new().name("API keys").description(Some("Who may do what.")).build(),
            TagBuilder::new().name("Description").description(Some("This document.")).build(),
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
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("X-API-Key", "The same key, bare."))),
    );
    for schema in components.schemas.values_mut() {
        close(schema);
    }
    complete(&mut document.paths);
    document
}

/// An object has the members that are named and no others: said once here, for all of them.
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
        // These are changes by name.
        let change = post.as_mut().filter(|_| path.ends_with("/resolve") || path.ends_with("/read"));
        for operation in [patch.as_mut(), delete.as_mut(), change].into_iter().flatten() {
            add_parameter(operation, entity_tags("If-Match", "Change it only in one of these versions."));
            add_problem(operation, 412, "Somebody changed it since");
        }
        if let Some(operation) = get.as_mut().filter(|_| path.ends_with('}')) {
            add_parameter(operation, entity_tags("If-None-Match", "Answer only if the version is none of these."));
            operation.responses.responses.insert("304".to_owned(), described("You have this version.").into());
        }
        for operation in [get.as_mut(), post.as_mut(), patch.as_mut(), delete.as_mut()].into_iter().flatten() {
            if operation.security.is_none() {
                operation.security = Some(vec![
                    SecurityRequirement::new("bearer", NO_SCOPES),
                    SecurityRequirement::new("apiKey", NO_SCOPES),
                ]);
                for (status, text) in [
                    (401, "No valid API key"),
                    (403, "The API key does not allow this"),
                    (429, "Too many requests in this minute; try again after `Retry-After` seconds"),
                    (500, "A fault of ours"),
                    (503, "It did not work in time; try again"),
                ] {
                    add_problem(operation, status, text);
                }
            }
            if takes_input(operation) {
                add_problem(operation, 400, "The request is invalid");
            }
            if path.contains('{') {
                add_problem(operation, 404, "No such thing in this workspace");
            }
            if operation.request_body.is_some() {
                add_problem(operation, 413, "The body has more than 1 MiB");
                add_problem(operation, 415, "The body is not JSON");
            }
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    let id = "The request's id: yours, if you sent one in this header, else made.";
                    response.headers.insert("X-Request-Id".to_owned(), text_header(id).into());
                }
            }
            if operation.responses.responses.contains_key("429") {
                add_limits(operation);
            }
        }
        if let Some(post) = post {
            add_problem(post, 422, "The state of things refuses it");
        }
    }
}

/// What every answer to a known key says of its limit, and those to an anonymous customer of their token.
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
            add("Retry-After", "In how many seconds the next minute begins.");
        }
        if status != "401" {
            add("RateLimit-Policy", "How many requests (`q`) there may be in how many seconds (`w`).");
            add("RateLimit", "About how many are left (`r`), and in how many seconds there are new ones (`t`).");
        }
        if names_customers && status.starts_with('2') {
            add(
                CUSTOMER_TOKEN,
                "A fresh token, where an anonymous customer's was older than a day: use it from now on.",
            );
        }
    }
}

/// The header with which a client key says for whom it acts, and in which an anonymous customer's token is renewed.
const CUSTOMER_TOKEN: &str = "X-Customer-Token";

/// Whether there is anything in the request, besides the path, that can be wrong.
fn takes_input(operation: &Operation) -> bool {
    let beside_the_path =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(p) if p.parameter_in != ParameterIn::Path);
    operation.request_body.is_some() || operation.parameters.iter().flatten().any(beside_the_path)
}

/// API keys have scopes of their own, which OpenAPI knows for OAuth only.
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
            "Makes the request safe to repeat for 24 hours: a repeat with the same body gets the first answer again, with \
             `Idempotent-Replayed: true`.",
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
        .description(Some(format!("{text} Entity tags as `ETag` gives them, or `*`.")))
        .schema(Some(schema))
        .build()
}
