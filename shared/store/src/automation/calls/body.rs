//! The stored form of a body: deflated.

use std::io::{Read, Write};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

use crate::StoreError;

pub(super) fn deflate(body: &[u8]) -> Result<AttributeValue, StoreError> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let deflated = encoder.write_all(body).and_then(|()| encoder.finish());
    let deflated = deflated.map_err(|e| StoreError::Internal(format!("a body cannot be deflated: {e}")))?;
    Ok(AttributeValue::B(Blob::new(deflated)))
}

pub(super) fn inflate(stored: &AttributeValue) -> Result<Vec<u8>, StoreError> {
    let unreadable = |e: String| StoreError::Internal(format!("the body of a call cannot be read: {e}"));
    let stored = stored.as_b().map_err(|_| unreadable("it is not binary".to_owned()))?;
    let mut body = Vec::new();
    DeflateDecoder::new(stored.as_ref()).read_to_end(&mut body).map_err(|e| unreadable(e.to_string()))?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::{deflate, inflate};

    #[test]
    fn body_keeps_its_bytes() {
        for body in [&b""[..], b"{}", &[0, 255, 10, 13], &b"{\"a\":1}".repeat(8192)] {
            assert_eq!(inflate(&deflate(body).expect("deflates")).expect("inflates"), body);
        }
    }
}
