//! Errors of fields and parameters, and their texts.

use std::ops::ControlFlow;

use deserr::{DeserializeError, ErrorKind, IntoValue, MergeWithError, ValueKind, ValuePointerRef};
use deskless_domain::{Invalid, nearest};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::digits;

/// An invalid field or parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The path, such as `tags[2]`. Empty for the whole body.
    pub field: String,
    /// A stable code for programs.
    #[schema(example = "required")]
    pub code: &'static str,
    /// A message for people.
    #[schema(example = "`customer.id` is required.")]
    pub message: String,
}

/// The maximum number of errors in a response. A Lambda response is limited to 6 MB.
const MAX_ERRORS: usize = 100;
/// The maximum number of characters of an unknown key that are repeated in an error.
const MAX_KEY_CHARS: usize = 100;

const UNKNOWN_FIELD: &str = "Unknown field ";
const KNOWN_FIELDS: &str = " Known fields: ";
const NO_FIELDS: &str = " This object has no fields.";

/// The errors of a body or a query, at most 100.
#[derive(Debug, Default)]
pub struct InvalidRequest(pub Vec<FieldError>);

impl InvalidRequest {
    /// Creates an error for one field. The message is the field's name, or "The body", and the predicate of `invalid`.
    #[must_use]
    pub fn one(field: impl Into<String>, invalid: &Invalid) -> Self {
        let field = field.into();
        let subject = if field.is_empty() { "The body".to_owned() } else { format!("`{field}`") };
        let end = if invalid.message.ends_with('?') { "" } else { "." };
        let message = format!("{subject} {}{end}", invalid.message);
        Self(vec![FieldError { field, code: invalid.code, message }])
    }

    /// Creates an error for the field at a location in a body.
    #[must_use]
    pub fn at(location: ValuePointerRef<'_>, invalid: &Invalid) -> Self {
        Self::one(path(location), invalid)
    }

    /// Creates an error for a field that the object `within` does not have. It suggests the nearest known field, or lists
    /// all of them.
    fn unknown_field(within: &str, key: &str, known: &[&str]) -> Self {
        let shown: String = key.chars().take(MAX_KEY_CHARS).collect();
        let field = join(within, &shown);
        let hint = match nearest(key, known) {
            Some(nearest) => format!(" Did you mean `{}`?", join(within, nearest)),
            None if known.is_empty() => NO_FIELDS.to_owned(),
            None => {
                let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
                format!("{KNOWN_FIELDS}{}.", known.join(", "))
            }
        };
        let message = format!("{UNKNOWN_FIELD}`{field}`.{hint}");
        Self(vec![FieldError { field, code: "unknown", message }])
    }

    /// Rewords unknown fields as unknown query parameters.
    #[must_use]
    pub(crate) fn in_query(mut self) -> Self {
        for error in self.0.iter_mut().filter(|error| error.code == "unknown") {
            if let Some(rest) = error.message.strip_prefix(UNKNOWN_FIELD) {
                let rest = rest.replacen(KNOWN_FIELDS, " Known parameters: ", 1).replacen(
                    NO_FIELDS,
                    " This operation takes no query parameters.",
                    1,
                );
                error.message = format!("Unknown parameter {rest}");
            }
        }
        self
    }
}

impl From<InvalidRequest> for crate::Problem {
    fn from(invalid: InvalidRequest) -> Self {
        Self::invalid(invalid.0)
    }
}

impl MergeWithError<Self> for InvalidRequest {
    fn merge(self_: Option<Self>, other: Self, _: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        let mut all = self_.unwrap_or_default();
        all.0.extend(other.0);
        if all.0.len() >= MAX_ERRORS {
            all.0.truncate(MAX_ERRORS);
            return ControlFlow::Break(all);
        }
        ControlFlow::Continue(all)
    }
}

impl DeserializeError for InvalidRequest {
    fn error<V: IntoValue>(
        self_: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let field = path(location);
        let error = match error {
            ErrorKind::IncorrectValueKind { actual, accepted } => {
                let expected: Vec<_> = accepted.iter().copied().map(kind).collect();
                let actual = digits(actual).map_or_else(|value| kind(value.kind()), |_| kind(ValueKind::Float));
                let message = format!("must be {}, not {actual}", expected.join(" or "));
                Self::one(field, &Invalid::new("wrong_type", message))
            }
            ErrorKind::MissingField { field: missing } => {
                Self::one(join(&field, missing), &Invalid::new("required", "is required"))
            }
            ErrorKind::UnknownKey { key, accepted } => Self::unknown_field(&field, key, accepted),
            ErrorKind::UnknownValue { value, accepted } => Self::one(field, &Invalid::unknown_value(value, accepted)),
            ErrorKind::BadSequenceLen { expected, .. } => {
                Self::one(field, &Invalid::new("invalid", format!("must have {expected} entries")))
            }
            ErrorKind::Unexpected { msg } => Self::one(field, &Invalid::new("invalid", format!("is invalid: {msg}"))),
        };
        Self::merge(self_, error, location)
    }
}

fn kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "a boolean",
        ValueKind::Integer | ValueKind::NegativeInteger | ValueKind::Float => "a number",
        ValueKind::String => "a string",
        ValueKind::Sequence => "an array",
        ValueKind::Map => "an object",
    }
}

fn path(location: ValuePointerRef<'_>) -> String {
    match location {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Index { index, prev } => format!("{}[{index}]", path(*prev)),
        ValuePointerRef::Key { key, prev } => join(&path(*prev), key),
    }
}

/// Returns the path of a field of the object at `within`.
fn join(within: &str, field: &str) -> String {
    if within.is_empty() { field.to_owned() } else { format!("{within}.{field}") }
}

#[cfg(test)]
mod tests {
    use deserr::Deserr;
    use deskless_domain::{Invalid, Status};
    use serde_json::{Value, json};

    use super::InvalidRequest;

    #[derive(Debug, Deserr)]
    #[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
    #[expect(dead_code, reason = "only deserialization is tested")]
    struct Request {
        customer_id: String,
        #[deserr(default)]
        customer: Option<Person>,
        #[deserr(default)]
        status: Option<Status>,
    }

    #[derive(Debug, Deserr)]
    #[deserr(error = InvalidRequest, deny_unknown_fields)]
    #[expect(dead_code, reason = "only deserialization is tested")]
    struct Person {
        #[deserr(default)]
        name: Option<String>,
        #[deserr(default)]
        phone: Option<String>,
    }

    #[derive(Debug, Deserr)]
    #[deserr(error = InvalidRequest, deny_unknown_fields)]
    struct Empty {}

    fn errors<T: Deserr<InvalidRequest> + std::fmt::Debug>(body: Value) -> InvalidRequest {
        deserr::deserialize::<T, _, InvalidRequest>(body).expect_err("an invalid body")
    }

    fn message(body: Value) -> String {
        let errors = errors::<Request>(body).0;
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0].message.clone()
    }

    #[test]
    fn messages_name_field_and_problem() {
        assert_eq!(message(json!({})), "`customerId` is required.");
        assert_eq!(message(json!({ "customerId": 1 })), "`customerId` must be a string, not a number.");
        assert_eq!(message(json!([])), "The body must be an object, not an array.");
        let suggestion = InvalidRequest::one("a", &Invalid::new("invalid", "is odd. Did you mean `b`?"));
        assert_eq!(suggestion.0[0].message, "`a` is odd. Did you mean `b`?");
    }

    #[test]
    fn unknown_field_suggests_the_nearest() {
        let unknown = |field: &str| {
            let mut body = json!({ "customerId": "a" });
            body[field] = json!("x");
            message(body)
        };
        assert_eq!(unknown("stauts"), "Unknown field `stauts`. Did you mean `status`?");
        assert_eq!(unknown("Status"), "Unknown field `Status`. Did you mean `status`?");
        assert_eq!(unknown("customer_ID"), "Unknown field `customer_ID`. Did you mean `customerId`?");
        assert_eq!(unknown("x"), "Unknown field `x`. Known fields: `customerId`, `customer`, `status`.");
    }

    #[test]
    fn unknown_nested_field_has_its_path() {
        let nested = |person: Value| message(json!({ "customerId": "a", "customer": person }));
        assert_eq!(nested(json!({ "nmae": "A" })), "Unknown field `customer.nmae`. Did you mean `customer.name`?");
        assert_eq!(nested(json!({ "x": "A" })), "Unknown field `customer.x`. Known fields: `name`, `phone`.");
    }

    #[test]
    fn unknown_value_suggests_the_nearest() {
        let status = |status: &str| message(json!({ "customerId": "a", "status": status }));
        assert_eq!(status("closed"), "`status` must be one of open, waiting, solved.");
        assert_eq!(status("Solved"), "`status` must be one of open, waiting, solved. Did you mean `solved`?");
    }

    #[test]
    fn long_unknown_key_is_cut() {
        let key = "k".repeat(1000);
        let error = &errors::<Empty>(json!({ key: 1 })).0[0];
        assert_eq!(error.field, "k".repeat(100));
        assert_eq!(error.message, format!("Unknown field `{}`. This object has no fields.", "k".repeat(100)));
    }

    #[test]
    fn query_errors_name_parameters() {
        let one = |body| errors::<Person>(body).in_query().0[0].message.clone();
        assert_eq!(one(json!({ "nam": "a" })), "Unknown parameter `nam`. Did you mean `name`?");
        assert_eq!(one(json!({ "x": "a" })), "Unknown parameter `x`. Known parameters: `name`, `phone`.");
        let none = errors::<Empty>(json!({ "x": 1 })).in_query();
        assert_eq!(none.0[0].message, "Unknown parameter `x`. This operation takes no query parameters.");
    }
}
