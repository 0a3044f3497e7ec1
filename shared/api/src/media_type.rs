//! The media types of request bodies: JSON, and JSON merge patches (RFC 7396) for PATCH.

use http::{HeaderMap, HeaderName, Method, header};

use crate::Problem;

const JSON: &str = "application/json";
/// The media type of JSON merge patches.
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// Checks that a body is declared as uncompressed JSON in UTF-8.
///
/// # Errors
/// `unsupported_media_type`, with `Accept-Patch` (RFC 5789), `Accept-Post` or `Accept-Encoding` (RFC 9110, section 12.5.3).
pub(crate) fn require_json(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let accepts = if method == Method::PATCH {
        (HeaderName::from_static("accept-patch"), "application/merge-patch+json, application/json")
    } else {
        (HeaderName::from_static("accept-post"), JSON)
    };
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
    if let Some(coding) = text(header::CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let detail =
            format!("The `Content-Encoding` header must be absent, not {coding:?}. Send the body uncompressed.");
        return Err(Problem::unsupported_media_type(detail, (header::ACCEPT_ENCODING, "identity")));
    }
    let Some(content_type) = text(header::CONTENT_TYPE).filter(|text| !text.is_empty()) else {
        let detail = "The `Content-Type` header is missing. Send the body as `Content-Type: application/json`.";
        return Err(Problem::unsupported_media_type(detail.to_owned(), accepts));
    };
    let (essence, parameters) = content_type.split_once(';').unwrap_or((&content_type, ""));
    let essence = essence.trim().to_ascii_lowercase();
    if essence != JSON && !(method == Method::PATCH && essence == MERGE_PATCH) {
        let or_merge_patch = if method == Method::PATCH { " or `application/merge-patch+json`" } else { "" };
        let detail = format!("The `Content-Type` header must be `{JSON}`{or_merge_patch}, not {essence:?}.");
        return Err(Problem::unsupported_media_type(detail, accepts));
    }
    match charset(parameters) {
        Some(charset) if !["utf-8", "utf8", "us-ascii"].contains(&charset.as_str()) => {
            let detail = format!("The `Content-Type` header names the charset {charset:?}. Send the body in UTF-8.");
            Err(Problem::unsupported_media_type(detail, accepts))
        }
        _ => Ok(()),
    }
}

/// Returns the `charset` parameter in lower case.
fn charset(parameters: &str) -> Option<String> {
    parameters.split(';').filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method, header};

    use super::require_json;

    fn is_accepted(method: &Method, content_type: &'static str) -> bool {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        require_json(method, &headers).is_ok()
    }

    #[test]
    fn only_json_in_utf_8_is_accepted() {
        for content_type in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            " application/json ; version=1",
        ] {
            assert!(is_accepted(&Method::POST, content_type), "{content_type}");
            assert!(is_accepted(&Method::PATCH, content_type), "{content_type}");
        }
        for content_type in [
            "application/json-patch+json",
            "application/vnd.api+json",
            "application/json; charset=utf-16",
            "application/jsonx",
            "text/json",
            "application/x-www-form-urlencoded",
            "application/json, application/json",
            "",
        ] {
            assert!(!is_accepted(&Method::POST, content_type), "{content_type}");
            assert!(!is_accepted(&Method::PATCH, content_type), "{content_type}");
        }
        assert!(is_accepted(&Method::PATCH, "application/merge-patch+json"));
        assert!(!is_accepted(&Method::POST, "application/merge-patch+json"));
    }
}
