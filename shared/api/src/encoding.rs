//! Compression with gzip, for clients that accept it (RFC 9110, section 12.5.3). A client that accepts no encoding at all gets
//! the response uncompressed: a request that was carried out is never answered with 406.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header};

/// The smallest body that is compressed, in bytes. Below it, gzip saves next to nothing.
const MIN_COMPRESSED_BYTES: usize = 512;

/// Returns whether a response with these headers and body is compressed for this request.
pub(crate) fn applies(request: &HeaderMap, response: &HeaderMap, body: &[u8]) -> bool {
    body.len() >= MIN_COMPRESSED_BYTES
        && !response.contains_key(header::CONTENT_ENCODING)
        && is_text(response)
        && accepts_gzip(request)
}

/// Compresses a body. Returns `None` if that fails, and then the body is sent as it is.
pub(crate) fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// Whether the content type is one that compresses well.
fn is_text(response: &HeaderMap) -> bool {
    let content_type = response.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || ["json", "javascript", "xml"]
            .iter()
            .any(|kind| essence.strip_prefix("application/").is_some_and(|e| e.ends_with(kind)))
}

/// Returns whether the client accepts gzip, and does not prefer an uncompressed response.
#[must_use]
pub fn accepts_gzip(request: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    let values = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for part in values.flat_map(|value| value.split(',')) {
        let (coding, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight(parameters);
        match coding.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => identity = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.or(any).unwrap_or(0)
}

/// Returns the weight of a coding in thousandths: 1000 without one, and 0 if it is malformed.
fn weight(parameters: &str) -> u16 {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return 1000;
    }
    let Some((name, value)) = parameters.split_once('=') else { return 0 };
    if !name.trim().eq_ignore_ascii_case("q") {
        return 0;
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if fraction.len() > 3 || !fraction.chars().all(|c| c.is_ascii_digit()) {
        return 0;
    }
    let thousandths = format!("{fraction:0<3}").parse::<u16>().unwrap_or(0);
    match whole {
        "1" if thousandths == 0 => 1000,
        "0" => thousandths,
        _ => 0,
    }
}

/// Returns the value of `Content-Encoding` for gzip.
pub(crate) const fn coding() -> HeaderValue {
    HeaderValue::from_static("gzip")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::accepts_gzip;

    #[test]
    fn gzip_is_negotiated_by_weight() {
        let accepts = |value: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        for value in [
            "gzip",
            "GZIP",
            "x-gzip",
            "br, gzip;q=0.8",
            "*",
            "gzip;q=1.0, identity;q=0",
            "gzip ; Q=0.001",
            "*;q=0.5, identity;q=0.1",
            ",,gzip,",
        ] {
            assert!(accepts(value), "{value}");
        }
        for value in [
            "",
            "br",
            "identity",
            "identity;q=0",
            "identity;q=0, *;q=0",
            "gzip;q=0",
            "gzip;q=0.000, *",
            "identity, gzip;q=0.5",
            "gzip;q=2",
            "gzip;q=x",
            "gzip;level=1",
            "deflate;q=1, identity;q=0",
        ] {
            assert!(!accepts(value), "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
