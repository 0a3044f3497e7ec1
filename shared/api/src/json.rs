//! Strict parsing of JSON bodies.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use deserr::Deserr;
use http::request::Parts;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

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
) -> Result<(Value, T), Problem> {
    let too_large =
        || Problem::new(Code::PayloadTooLarge, format!("The body is larger than {MAX_BODY} bytes (1 MiB)."));
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
    if bytes.is_empty()
        && let Ok(empty) = deserr::deserialize::<T, _, InvalidRequest>(Value::Null)
    {
        return Ok((Value::Null, empty));
    }
    media_type::require_json(&parts.method, &parts.headers)?;
    let value = parse(&bytes)?;
    let body = deserr::deserialize::<T, _, InvalidRequest>(value.clone())?;
    Ok((value, body))
}

fn parse(bytes: &Bytes) -> Result<Value, Problem> {
    if bytes.is_empty() {
        return Err(Problem::new(Code::InvalidRequest, "The body is empty. Send a JSON object."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|e| Problem::new(Code::InvalidRequest, format!("The body is not valid JSON: {e}.")))
}

/// Parses JSON and rejects repeated keys. (`serde_json` rejects lone surrogates and more than 128 levels.)
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(entry) = entries.next_element_seed(Strict)? {
            array.push(entry);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Strict)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("repeated key {key:?}")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
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
            (r#"{"a":1e999}"#, "number out of range"),
            ("{\"a\":\"\u{1}\"}", "control character"),
            (&("[".repeat(200) + &"]".repeat(200)), "recursion limit"),
        ] {
            let problem = parse(&json.to_string().into()).expect_err(json);
            let text = serde_json::to_string(&problem.document("")).expect("JSON");
            let reason = reason.replace('"', "\\\"");
            assert!(text.contains(&reason), "{json}: {text}");
        }
        assert!(parse(&r#"{"a":{"b":1},"b":[{"b":1},{"b":2}]}"#.to_owned().into()).is_ok());
    }
}
