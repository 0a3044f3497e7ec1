//! The OpenAPI documents: the descriptions of the route groups, and what all operations have in common.
//!
//! There are two: [`document`] for server keys and [`client_document`] for client keys. A response has one shape in each. One
//! document with both would need responses of either shape, which generated clients cannot tell apart.

mod access;
mod common;
mod flat;
mod shared;
mod tidy;
mod webhooks;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, SecurityRequirement, Server,
        extensions::ExtensionsBuilder,
        schema::{AdditionalProperties, Schema},
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
        tag::TagBuilder,
    },
};

pub use self::flat::flat;
use crate::{Code, ProblemDocument, fields::FieldError};

/// The base path of all routes.
pub const BASE: &str = "/api/v1";

const ABOUT: &str = "\
The conversations API of Deskless: support inboxes, chat and AI threads. This document describes the API as server keys use it. \
`/api/v1/openapi-client.json` describes it for client keys, which get responses of their own shape.\n\n\
**Authentication.** Send an API key as `Authorization: Bearer <key>` or `X-API-Key: <key>`. A key gives access to one \
workspace. Server keys are for back ends.\n\n\
**Scopes.** Each operation requires one scope of the API key (`x-authorization`). A key that may write a resource but not read \
it gets 204 without a body, with `Location` and `ETag`, except for a new secret or an upload form.\n\n";

const ABOUT_CLIENT: &str = "\
The conversations API of Deskless for browsers and apps, which use a client key. `/api/v1/openapi.json` describes the API for \
server keys.\n\n\
**Authentication.** Send a client key as `Authorization: Bearer <key>` or `X-API-Key: <key>`, and the customer's token as \
`X-Customer-Token`. A customer sees only their own conversations. Without a token, you can only create a conversation.\n\n\
**Customer tokens.** `X-Customer-Token` is a JWT that identifies the customer. It is signed with HS256. `kid` is the id of the \
identity secret, `aud` the id of the workspace, `sub` the id of the customer. `iat` and `exp` are at most 24 hours apart.\n\n";

const ABOUT_BOTH: &str = "\
**Errors.** Errors are problem documents (RFC 9457) with a stable `code`.\n\n\
**Pagination.** Send `nextCursor` as `cursor` to get the next page. A page can have fewer than `limit` items even if `hasMore` \
is `true`.\n\n\
**Idempotency.** Send an `Idempotency-Key` with a POST to retry it safely.\n\n\
**Updates.** The body of a PATCH is a JSON merge patch (RFC 7396): `application/merge-patch+json` or `application/json`.\n\n\
**Request ids.** Each response has an `X-Request-Id`: the one that you sent, or a generated one.\n\n\
**Rate limits.** Each key has a limit of requests a minute. Reading many records for one page counts as several. \
Responses have the headers `RateLimit` and `RateLimit-Policy`.\n\n\
**Consistency.** Lists of conversations can lag behind a write by a moment. Single resources and messages never do.";

/// The tags, with their descriptions.
const TAGS: [(&str, &str); 13] = [
    ("Conversations", "Conversations with customers."),
    ("Messages", "The messages of a conversation: replies and internal notes."),
    ("Bulk actions", "Run one action on many conversations."),
    ("Files", "Files to attach to messages. They are uploaded directly to S3."),
    ("Customers", "The customers of the workspace."),
    ("Workspace", "Inboxes, members, assistants, pipelines and views."),
    ("Predefined messages", "Replies saved as templates. Variables are filled in from the conversation."),
    ("Automations", "Automations run actions when an event matches their conditions, or when you trigger them."),
    ("Events", "The log of events of the workspace, in one order."),
    ("Webhook endpoints", "URLs that get the events of the workspace, signed and in order."),
    ("API keys", "API keys, with their kind, scopes and limits."),
    ("Audit log", "Who changed settings and API keys, deleted data or exported it."),
    ("Description", "The OpenAPI documents."),
];

/// The kind of API key that a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    Server,
    Client,
}

/// Returns the document for server keys, from the descriptions of the route groups.
#[must_use]
pub fn document(parts: Vec<OpenApi>) -> OpenApi {
    complete(Audience::Server, parts)
}

/// Returns the document for client keys, from the descriptions of the customer view of the route groups.
#[must_use]
pub fn client_document(parts: Vec<OpenApi>) -> OpenApi {
    complete(Audience::Client, parts)
}

fn complete(audience: Audience, parts: Vec<OpenApi>) -> OpenApi {
    let (title, about) = match audience {
        Audience::Server => ("Deskless", ABOUT),
        Audience::Client => ("Deskless for client keys", ABOUT_CLIENT),
    };
    let mut document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title(title)
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some([about, ABOUT_BOTH].concat()))
                .license(Some(
                    LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build(),
                ))
                .build(),
        )
        .servers(Some([Server::new("/")]))
        .security(Some(["bearer", "apiKey"].map(|scheme| SecurityRequirement::new(scheme, NO_SCOPES))))
        .build();
    for part in parts {
        document.merge(part);
    }
    // Pages for people, such as `/docs`, are no operations of the API.
    document.paths.paths.retain(|path, _| path.starts_with(BASE));
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
    for (name, schema) in &mut components.schemas {
        close(schema);
        if name.ends_with("Request") || name.ends_with("Response") {
            undescribe(schema);
        }
        name_constants(name, schema);
    }
    common::complete(audience, &mut document.paths);
    shared::share(&mut document);
    tidy::tidy(&mut document);
    if audience == Audience::Server {
        document.webhooks = Some(webhooks::webhooks());
    }
    document.tags = Some(used_tags(&document));
    document
}

fn used_tags(document: &OpenApi) -> Vec<utoipa::openapi::Tag> {
    let is_used = |name: &str| {
        let operations = document.paths.paths.values().flat_map(common::operations);
        operations.flat_map(|operation| operation.tags.iter().flatten()).any(|tag| tag == name)
    };
    let used = TAGS.into_iter().filter(|(name, _)| is_used(name));
    used.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build()).collect()
}

/// Sets `additionalProperties: false` on every object schema.
fn close(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema
        && !object.properties.is_empty()
    {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        object.properties.values_mut().for_each(close);
    }
}

/// Removes the description of the schema of a body. The operation says the same.
fn undescribe(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema
        && !object.properties.contains_key("action")
    {
        object.description = None;
    }
}

/// Names the constants of an enumeration that has a value `client`. oapi-codegen would name that constant `Client`, as the type of
/// its client.
fn name_constants(name: &str, schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema
        && let Some(values) = &object.enum_values
        && values.iter().any(|value| value == "client")
    {
        let names = values.iter().filter_map(|value| Some(format!("{name}{}", shared::pascal(value.as_str()?))));
        let names = serde_json::Value::from(names.collect::<Vec<_>>());
        object.extensions = Some(ExtensionsBuilder::new().add("x-enum-varnames", names).build());
    }
}

/// OpenAPI supports scopes only for OAuth, so the scopes of API keys are not listed.
const NO_SCOPES: [String; 0] = [];
