use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// A response of the API.
#[must_use = "check the response"]
#[derive(Debug, Clone)]
pub struct TestResponse {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The bytes of the body.
    pub bytes: bytes::Bytes,
}

impl TestResponse {
    /// Returns the body as JSON, or `null` if it is empty.
    #[must_use]
    pub fn json(&self) -> Value {
        if self.bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("not JSON ({e}): {:?}", self.bytes))
    }

    /// Returns a header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are text"))
    }

    /// Asserts the status and returns the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Asserts a problem document with this status and code, and returns it.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        let kind = self.header("content-type").unwrap_or_default().to_owned();
        let body = self.expect(status);
        assert_eq!(kind, "application/problem+json");
        assert_eq!(body["code"], code, "{body:#}");
        assert_eq!(body["error"], body["detail"]);
        assert_eq!(body["type"], format!("urn:deskless:problem:{code}"));
        assert_eq!(body["status"], status);
        body
    }

    /// Asserts a 400 that names exactly these fields, and returns the problem document.
    #[track_caller]
    pub fn expect_invalid(self, fields: &[&str]) -> Value {
        let body = self.expect_problem(400, "invalid_request");
        let mut named: Vec<_> =
            body["errors"].as_array().expect("errors").iter().map(|e| e["field"].as_str().unwrap_or("?")).collect();
        named.sort_unstable();
        let mut wanted = fields.to_vec();
        wanted.sort_unstable();
        assert_eq!(named, wanted, "{body:#}");
        body
    }
}
