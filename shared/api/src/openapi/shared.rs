//! The components that operations share: problem responses, response headers and parameters. Without them, repetitions would make
//! up most of a document.

use std::collections::BTreeMap;

use deskless_app::Conflict;
use deskless_domain::{ConversationId, Existing, Invalid};
use utoipa::{
    ToSchema,
    openapi::{Components, Content, OpenApi, Ref, RefOr, Response, ResponseBuilder, header::Header, path::Parameter},
};

use super::common::{PROBLEM, add_limits, operations_mut, text_header};
use crate::{Code, InvalidRequest, Problem, ProblemDocument};

/// The name of the response to a key that may write but not read.
pub(super) const NOT_SHOWN: &str = "NotShown";

/// The shared responses: status, name and description.
const RESPONSES: [(u16, &str, &str); 15] = [
    (204, NOT_SHOWN, "Done. The API key may write the resource but not read it"),
    (304, "NotModified", "The resource has not changed"),
    (400, "BadRequest", "The request is invalid"),
    (401, "Unauthorized", "The API key or the customer token is missing or invalid"),
    (403, "Forbidden", "The API key does not allow the request"),
    (404, "NotFound", "The resource does not exist in this workspace"),
    (409, "Conflict", "The request conflicts with the state of the resource"),
    (410, "Gone", "The response to the repeated request was deleted"),
    (412, "PreconditionFailed", "The resource has changed since it was read"),
    (413, "PayloadTooLarge", "The body is larger than 1 MiB"),
    (415, "UnsupportedMediaType", "The body is not JSON"),
    (
        422,
        "UnprocessableContent",
        "The idempotency key was used with another request, or the state of the resource does not allow this",
    ),
    (429, "TooManyRequests", "The rate limit was exceeded. Retry after `Retry-After` seconds"),
    (500, "InternalServerError", "An internal error occurred"),
    (503, "ServiceUnavailable", "The request timed out. Retry it"),
];

/// Returns the name of the shared response with this status.
pub(super) fn response_name(status: u16) -> Option<&'static str> {
    RESPONSES.iter().find(|(known, ..)| *known == status).map(|(_, name, _)| *name)
}

/// Moves what operations have in common to the components.
pub(super) fn share(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    let mut parameters = Parameters::default();
    for item in document.paths.paths.values_mut() {
        for operation in operations_mut(item) {
            operation.parameters.iter().flatten().for_each(|parameter| parameters.count(parameter));
        }
    }
    for item in document.paths.paths.values_mut() {
        for operation in operations_mut(item) {
            for parameter in operation.parameters.iter_mut().flatten() {
                parameters.share(parameter, components);
            }
            for (status, response) in &mut operation.responses.responses {
                refer_to_problem(status, response);
                match response {
                    RefOr::T(response) => share_headers(response, components),
                    RefOr::Ref(reference) => share_response(reference, components),
                }
            }
        }
    }
}

/// Adds the shared response that a reference names.
fn share_response(reference: &Ref, components: &mut Components) {
    let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
    if let Some((status, _, text)) = RESPONSES.iter().find(|(_, known, _)| *known == name)
        && !components.responses.contains_key(name)
    {
        let mut response = problem(*status, text);
        share_headers(&mut response, components);
        components.responses.insert(name.to_owned(), response.into());
    }
}

/// Returns a shared response.
fn problem(status: u16, text: &str) -> Response {
    let mut response = ResponseBuilder::new().description(text);
    if status >= 400 {
        let mut content = Content::new(Some(Ref::from_schema_name(ProblemDocument::name())));
        content.example = example(status).and_then(|problem| {
            serde_json::to_value(problem.document("019f0f63-6500-7232-afd6-000000000001", problem.existing())).ok()
        });
        response = response.content(PROBLEM, content);
    }
    let mut response = response.build();
    let mut add = |name: &str, text: &str| response.headers.insert(name.to_owned(), text_header(text).into());
    add("X-Request-Id", "");
    match status {
        304 => add("ETag", ""),
        409 => add("Location", "The path of the object that exists, if your key may read it."),
        429 | 503 => add("Retry-After", "Seconds to wait before a retry."),
        _ => None,
    };
    if status != 401 {
        add_limits(&mut response.headers);
    }
    response
}

/// Returns the problem that is the example of a shared response. The others would add little but size.
fn example(status: u16) -> Option<Problem> {
    let required = Invalid::new("required", "is required");
    Some(match status {
        400 => InvalidRequest::one("name", &required).into(),
        401 => Problem::new(Code::Unauthorized, "The API key is missing. Send it as `Authorization: Bearer <key>`."),
        403 => Problem::new(Code::Forbidden, "The API key does not have the scope that this request requires."),
        404 => Problem::not_found(),
        409 => {
            let id = ConversationId::from_bytes(0x019f_0f63_6500_7232_afd6_0000_0000_0201_u128.to_be_bytes());
            Conflict::ExternalIdExists(Some(Existing::Conversation(id))).into()
        }
        429 => Problem::rate_limited(6000, 12),
        _ => return None,
    })
}

/// Replaces a problem that the operation describes itself by a reference to the shared one. The reference has its description.
fn refer_to_problem(status: &str, response: &mut RefOr<Response>) {
    if let RefOr::T(own) = response
        && own.content.contains_key(PROBLEM)
        && let Some(name) = status.parse().ok().and_then(response_name)
    {
        let mut reference = Ref::from_response_name(name);
        reference.description.clone_from(&own.description);
        *response = reference.into();
    }
}

/// Replaces the headers by references to shared ones. A header has the same meaning in every response.
fn share_headers(response: &mut Response, components: &mut Components) {
    for (name, header) in &mut response.headers {
        if let RefOr::T(own) = header {
            components.headers.entry(name.clone()).or_insert_with(|| shared_header(name, own).into());
            *header = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
        }
    }
}

/// Returns the shared header of this name. Those that the operations describe themselves get one description for all of them.
fn shared_header(name: &str, own: &Header) -> Header {
    match name {
        "ETag" => text_header("The version of the resource. Send it as `If-Match` or `If-None-Match`."),
        "Location" => text_header("The path of the resource."),
        "Idempotent-Replayed" => text_header("`true` if the request is a repeat."),
        "X-Request-Id" => text_header("The request id."),
        _ => own.clone(),
    }
}

/// The parameters of all operations, by name. A name can stand for different parameters, such as `limit`.
#[derive(Default)]
struct Parameters(BTreeMap<String, Vec<(Parameter, usize)>>);

impl Parameters {
    fn count(&mut self, parameter: &RefOr<Parameter>) {
        let RefOr::T(parameter) = parameter else { return };
        let known = self.0.entry(parameter.name.clone()).or_default();
        match known.iter_mut().find(|(known, _)| known == parameter) {
            Some((_, count)) => *count += 1,
            None => known.push((parameter.clone(), 1)),
        }
    }

    /// Replaces a parameter by a reference, if it is the most frequent of its name and several operations have it.
    fn share(&self, parameter: &mut RefOr<Parameter>, components: &mut Components) {
        let RefOr::T(own) = parameter else { return };
        let most = self.0.get(&own.name).and_then(|known| known.iter().max_by_key(|(_, count)| *count));
        if let Some((most, 2..)) = most
            && most == own
        {
            // Generators name types after components. The suffix keeps them apart from schemas.
            let name = format!("{}Parameter", pascal(&own.name));
            components.parameters.insert(name.clone(), own.clone().into());
            *parameter = RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")));
        }
    }
}

/// `Idempotency-Key` → `IdempotencyKey`, `limit` → `Limit`.
pub(super) fn pascal(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    });
    words.collect()
}
