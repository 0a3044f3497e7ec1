//! The requests that Deskless sends: events to webhook endpoints.

use utoipa::{
    ToSchema,
    openapi::{
        Content, HttpMethod, ObjectBuilder, Paths, Ref, Required, ResponseBuilder, ResponsesBuilder, Type,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem},
        request_body::RequestBodyBuilder,
        security::SecurityRequirement,
    },
};

use crate::wire::EventObject;

/// Returns the webhooks of the document.
pub(super) fn webhooks() -> Paths {
    let body = RequestBodyBuilder::new()
        .content("application/json", Content::new(Some(Ref::from_schema_name(EventObject::name()))))
        .required(Some(Required::True))
        .build();
    let answer = |text: &str| ResponseBuilder::new().description(text).build();
    let responses = ResponsesBuilder::new()
        .response("2XX", answer("The event is delivered. Respond within 15 seconds"))
        .response("410", answer("The endpoint is disabled"))
        .response(
            "default",
            answer(
                "The event is sent again, up to 10 times over about 100 hours (89 to 110). Until then, later events of the conversation \
                 wait. `Retry-After` counts with 429, 502, 503 and 504",
            ),
        )
        .build();
    let operation = OperationBuilder::new()
        .operation_id(Some("event"))
        .tag("Webhook endpoints")
        .summary(Some("Receive an event"))
        .description(Some(
            "Deskless sends each event to the enabled webhook endpoints whose `eventTypes` match, at least once and in order per conversation. \
             Requests are signed as Standard Webhooks defines it: verify the signature before you parse the body.",
        ))
        .parameters(Some([
            header("webhook-id", "The id of the event. It is the same for each attempt, so you can drop repeats."),
            header("webhook-timestamp", "The time of the attempt, in seconds since 1970."),
            header(
                "webhook-signature",
                "`v1,` and the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` in base64. The key is the base64 after \
                 `whsec_` in the secret. After a rotation, there are two signatures with a space between them for a day.",
            ),
        ]))
        .request_body(Some(body))
        .responses(responses)
        // Requests have no API key.
        .securities(Some(Vec::<SecurityRequirement>::new()))
        .build();
    let mut webhooks = Paths::new();
    webhooks.paths.insert("event".to_owned(), PathItem::new(HttpMethod::Post, operation));
    webhooks
}

fn header(name: &str, text: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(text))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}
