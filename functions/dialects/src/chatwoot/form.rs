//! Bodies that are sent as a form. The service's clients send messages as `multipart/form-data`, because messages can have files.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
};
use deserr::Deserr;
use deskless_api::{ApiState, Code, Idempotent, InvalidRequest, Problem};
use http::{HeaderValue, header};
use serde_json::{Map, Value};

use super::query::invalid;

/// The maximum size of a body, in bytes, as of every body.
const MAX_BODY: usize = 1024 * 1024;
/// The fields that are JSON in a form.
const JSON: [&str; 5] =
    ["private", "content_attributes", "template_params", "additional_attributes", "custom_attributes"];

/// The body of a POST request, as JSON or as a form, with its `Idempotency-Key`.
#[derive(Debug)]
pub struct JsonOrForm<T>(pub Idempotent<T>);

impl<T: Deserr<InvalidRequest>> FromRequest<ApiState> for JsonOrForm<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Problem> {
        let boundary = request.headers().get(header::CONTENT_TYPE).and_then(boundary);
        let Some(boundary) = boundary else { return Idempotent::from_request(request, state).await.map(Self) };
        let (mut parts, body) = request.into_parts();
        let too_large = |_| Problem::new(Code::PayloadTooLarge, "The body is larger than 1048576 bytes (1 MiB).");
        let bytes = axum::body::to_bytes(body, MAX_BODY).await.map_err(too_large)?;
        let json = Value::Object(fields(&bytes, &boundary)?).to_string();
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        parts.headers.remove(header::CONTENT_LENGTH);
        Idempotent::from_request(Request::from_parts(parts, Body::from(json)), state).await.map(Self)
    }
}

/// Returns the boundary of a multipart form.
fn boundary(content_type: &HeaderValue) -> Option<String> {
    let text = content_type.to_str().ok()?;
    let (kind, parameters) = text.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"').to_owned())
    })?;
    Some(boundary).filter(|boundary| !boundary.is_empty())
}

/// Returns the fields of a form (RFC 7578).
fn fields(bytes: &Bytes, boundary: &str) -> Result<Map<String, Value>, Problem> {
    let malformed = || Problem::new(Code::InvalidRequest, "The body is not a valid multipart form.");
    let text = std::str::from_utf8(bytes).map_err(|_| invalid("attachments", FILES))?;
    let delimiter = format!("\r\n--{boundary}");
    let mut fields = Map::new();
    let text = format!("\r\n{text}");
    let mut parts = text.split(&delimiter).skip(1);
    loop {
        let part = parts.next().ok_or_else(malformed)?;
        if part.starts_with("--") {
            return Ok(fields);
        }
        let (headers, value) = part.trim_start_matches([' ', '\t']).split_once("\r\n\r\n").ok_or_else(malformed)?;
        let disposition = headers
            .lines()
            .find(|line| line.get(..20).is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:")))
            .ok_or_else(malformed)?;
        if disposition.contains("filename") {
            return Err(invalid("attachments", FILES));
        }
        let name = parameter(disposition, "name").ok_or_else(malformed)?;
        add(&mut fields, name, value)?;
    }
}

/// Adds a field of a form. A name with brackets, such as `content_attributes[in_reply_to]`, is that of a member of an object.
fn add(fields: &mut Map<String, Value>, name: &str, value: &str) -> Result<(), Problem> {
    let (field, brackets) = name.split_once('[').map_or((name, None), |(field, rest)| (field, Some(rest)));
    if field == "attachments" {
        return Err(invalid(field, FILES));
    }
    let repeated = || invalid(name, "must be sent only once");
    if let Some(rest) = brackets.filter(|_| JSON.contains(&field)) {
        let member = rest.strip_suffix(']').filter(|member| !member.is_empty() && !member.contains(['[', ']']));
        let member =
            member.ok_or_else(|| invalid(name, "must have one name in brackets. Send other objects as JSON"))?;
        let object = fields.entry(field).or_insert_with(|| Value::Object(Map::new()));
        let is_new =
            object.as_object_mut().is_some_and(|object| object.insert(member.to_owned(), value.into()).is_none());
        return if is_new { Ok(()) } else { Err(repeated()) };
    }
    let value = match field {
        json if JSON.contains(&json) => serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
        _ => Value::from(value),
    };
    if fields.insert(name.to_owned(), value).is_some() { Err(repeated()) } else { Ok(()) }
}

const FILES: &str = "cannot be sent in a message. Upload files with the files API (POST /api/v1/files) instead";

fn parameter<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let start = line.find(&format!("{name}=\""))? + name.len() + 2;
    line[start..].split('"').next()
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use http::HeaderValue;

    use super::{boundary, fields};

    #[test]
    fn fields_of_a_form() {
        let form = "--x\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\ntrue\r\n--x\r\n\
            Content-Disposition: form-data; name=\"private\"\r\n\r\ntrue\r\n--x--\r\n";
        let fields = fields(&Bytes::from(form), "x").expect("a form");
        assert_eq!(serde_json::Value::Object(fields), serde_json::json!({ "content": "true", "private": true }));
        let header = |text| boundary(&HeaderValue::from_static(text));
        assert_eq!(header("multipart/form-data; boundary=\"x\""), Some("x".to_owned()));
        assert_eq!(header("application/json"), None);
    }

    #[test]
    fn files_and_broken_forms_are_refused() {
        for form in
            ["", "--x\r\n", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\nc\r\n--x--"]
        {
            assert!(fields(&Bytes::from(form), "x").is_err(), "{form}");
        }
    }
}
