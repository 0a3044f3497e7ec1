//! Content that is embedded compressed.

use std::io::Read;

use axum::response::IntoResponse;
use deskless_api::{Problem, Reply, accepts_gzip, version_tag};
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

    /// Returns the content, compressed if the client accepts that. The outermost layer turns it into a 304 if the client has it.
    pub fn respond(&self, headers: &HeaderMap) -> Reply {
        let mut response = if accepts_gzip(headers) {
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
        Ok(response)
    }
}
