//! Content that is embedded compressed.

use std::io::Read;

use axum::response::IntoResponse;
use deskless_api::{IfNoneMatch, Problem, Reply, not_modified, version_tag};
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, header};

/// A gzip file with its media type.
pub struct Packed {
    pub media_type: &'static str,
    pub cache_control: &'static str,
    pub gzipped: &'static [u8],
}

/// Returns a file that `build.rs` has compressed.
macro_rules! built {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"))
    };
}
pub(crate) use built;

impl Packed {
    /// Returns the version: the checksum and the length of the content, with which a gzip file ends (RFC 1952, section 2.3.1).
    fn version(&self) -> u64 {
        self.gzipped.last_chunk().copied().map(u64::from_le_bytes).unwrap_or_default()
    }

    /// Returns the content, compressed if the client accepts that, or 304 if it has this version.
    pub fn respond(&self, headers: &HeaderMap, known: &IfNoneMatch) -> Reply {
        let mut response = if known.holds(self.version()) {
            not_modified(self.version())
        } else if accepts_gzip(headers) {
            ([(header::CONTENT_ENCODING, "gzip")], self.gzipped).into_response()
        } else {
            let mut content = Vec::new();
            let decoded = GzDecoder::new(self.gzipped).read_to_end(&mut content);
            decoded.map_err(|error| Problem::internal(format!("embedded content is damaged: {error}")))?;
            content.into_response()
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::try_from(version_tag(self.version())) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache_control));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Ok(response)
    }
}

/// Whether `Accept-Encoding` allows gzip: `gzip` or `*`, and not with `q=0`.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<_> = values.flat_map(|value| value.split(',')).map(weighted).collect();
    let weight = |wanted: &str| codings.iter().find(|(coding, _)| coding == wanted).map(|(_, weight)| *weight);
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

/// `gzip;q=0.8` → `("gzip", 0.8)`
fn weighted(coding: &str) -> (String, f32) {
    let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
    let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse().ok());
    (name.trim().to_ascii_lowercase(), weight.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::accepts_gzip;

    #[test]
    fn gzip_is_sent_only_to_clients_that_accept_it() {
        for (value, accepted) in [
            ("gzip", true),
            ("br, GZIP;q=0.8", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("gzip; q=0", false),
            ("*;q=0", false),
            ("identity", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(accepts_gzip(&headers), accepted, "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
