//! Strict parsing of JSON bodies.

mod tree;

use std::cell::Cell;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use deserr::{Deserr, ValuePointerRef};
use deskless_domain::Invalid;
use http::request::Parts;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
pub(crate) use tree::digits;
pub use tree::{Json, JsonObject};

use crate::{ApiState, Code, InvalidRequest, Problem, media_type};

/// The maximum size of a body, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A JSON body, parsed into a request type. Rejects with all errors at once. The body of an `ApiJson<Option<T>>` is
/// optional.
#[derive(Debug)]
pub struct ApiJson<T>(pub T);

impl<T: Deserr<InvalidRequest>> FromRequest<ApiState> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &ApiState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        read_body(&parts, body).await.map(|(_, body)| Self(body))
    }
}

/// Parses a body as JSON and as a request type. A missing body is `null`.
pub(crate) async fn read_body<T: Deserr<InvalidRequest>>(
    parts: &Parts,
    body: axum::body::Body,
) -> Result<(Json, T), Problem> {
    let too_large =
        || Problem::new(Code::PayloadTooLarge, format!("The body is larger than {MAX_BODY} bytes (1 MiB)."));
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
    if bytes.is_empty()
        && let Ok(empty) = deserr::deserialize::<T, _, InvalidRequest>(Json::Null)
    {
        return Ok((Json::Null, empty));
    }
    media_type::require_json(&parts.method, &parts.headers)?;
    let value = parse(&bytes)?;
    let body = deserr::deserialize::<T, _, InvalidRequest>(value.clone())?;
    if value == Json::Null {
        // An optional body.
        let null =
            Invalid::new("wrong_type", "must be an object, not null. Leave the body out if you have nothing to send");
        return Err(InvalidRequest::at(ValuePointerRef::Origin, &null).into());
    }
    Ok((value, body))
}

pub(crate) fn parse(bytes: &Bytes) -> Result<Json, Problem> {
    if bytes.is_empty() {
        return Err(Problem::new(Code::InvalidRequest, "The body is empty. Send a JSON object."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let numbers = Cell::new(&bytes[..]);
    let value = Strict(&numbers).deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|e| {
        let text = e.to_string();
        let detail = match text.strip_prefix("number out of range") {
            Some(place) => format!("The body has a number out of range{place}. Send it as a string."),
            None => format!("The body is not valid JSON: {text}."),
        };
        Problem::new(Code::InvalidRequest, detail)
    })
}

/// Parses JSON and rejects repeated keys. (`serde_json` rejects lone surrogates and more than 128 levels.) Has the rest of the
/// document, from which it takes the digits of each number. The numbers are visited in their order.
#[derive(Clone, Copy)]
struct Strict<'d>(&'d Cell<&'d [u8]>);

impl Strict<'_> {
    fn number<E: Error>(self) -> Result<Json, E> {
        let (digits, rest) = next_number(self.0.get()).ok_or_else(|| E::custom("number expected"))?;
        self.0.set(rest);
        Ok(Json::Number(String::from_utf8_lossy(digits).into_owned()))
    }
}

/// Returns the first number outside of strings, and what follows it.
fn next_number(document: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        match document.get(at)? {
            b'"' => {
                at += 1;
                while *document.get(at)? != b'"' {
                    at += if document[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |b: &u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
                let end = document[at..].iter().position(|b| !is_part(b)).map_or(document.len(), |length| at + length);
                return Some((&document[at..end], &document[end..]));
            }
            _ => at += 1,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        self.number()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Json, E> {
        self.number()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        self.number()
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(entry) = entries.next_element_seed(self)? {
            array.push(entry);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut object = JsonObject::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("repeated key {key:?}")));
            }
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn json_is_parsed_strictly() {
        for (json, reason) in [
            (r#"{"a":1,"a":2}"#, "repeated key \"a\""),
            (r#"{"m":{"a":1,"a":2}}"#, "repeated key \"a\""),
            (r#""\ud800""#, "hex escape"),
            (r#"{"a":1}x"#, "trailing characters"),
            (r#"{"a":1e999}"#, "number out of range at line 1"),
            ("{\"a\":\"\u{1}\"}", "control character"),
            (&("[".repeat(200) + &"]".repeat(200)), "recursion limit"),
        ] {
            let problem = parse(&json.to_string().into()).expect_err(json);
            let text = serde_json::to_string(&problem.document("", None)).expect("JSON");
            let reason = reason.replace('"', "\\\"");
            assert!(text.contains(&reason), "{json}: {text}");
        }
        assert!(parse(&r#"{"a":{"b":1},"b":[{"b":1},{"b":2}]}"#.to_owned().into()).is_ok());
    }
}
