//! The stored form of a preview, the largest attribute of most conversations.
//!
//! UTF-8 takes three bytes for most characters of Chinese, Japanese and Korean, and for those of many Indic scripts. UTF-16
//! takes two. A preview is stored in the shorter of the two forms, so that a conversation with a preview in any script
//! stays under 1 KB.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};

/// Returns the attribute of a preview.
pub(super) fn write(preview: &str) -> AttributeValue {
    match utf16(preview) {
        Some(bytes) => AttributeValue::B(bytes.into()),
        None => AttributeValue::S(preview.to_owned()),
    }
}

/// Returns the text in UTF-16, big endian, if that is shorter than UTF-8.
fn utf16(preview: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = preview.encode_utf16().flat_map(u16::to_be_bytes).collect();
    (bytes.len() < preview.len()).then_some(bytes)
}

fn from_utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| u16::from_be_bytes(pair));
    rest.is_empty().then(|| char::decode_utf16(units).collect::<Result<_, _>>().ok()).flatten()
}

/// Serializes a preview in its stored form.
#[expect(clippy::ref_option, reason = "serde passes references")]
pub(super) fn serialize<S: Serializer>(preview: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match preview.as_deref().map(|preview| (preview, utf16(preview))) {
        None => serializer.serialize_none(),
        Some((_, Some(bytes))) => serializer.serialize_bytes(&bytes),
        Some((preview, None)) => serializer.serialize_str(preview),
    }
}

/// Deserializes a preview from its stored form.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Stored;

    impl Visitor<'_> for Stored {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a text, or a text in UTF-16")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
            from_utf16(bytes).ok_or_else(|| E::custom("not UTF-16"))
        }
    }

    deserializer.deserialize_any(Stored).map(Some)
}

#[cfg(test)]
mod tests {
    use super::{from_utf16, utf16};

    #[test]
    fn shorter_form_is_stored() {
        for text in ["", "Login fails", "Не могу войти", "é"] {
            assert_eq!(utf16(text), None, "{text}");
        }
        for text in ["我无法登录", "ログインできません", "लॉगिन नहीं हो रहा"]
        {
            let bytes = utf16(text).expect("UTF-16 is shorter");
            assert!(bytes.len() < text.len());
            assert_eq!(from_utf16(&bytes).as_deref(), Some(text));
        }
        assert_eq!(from_utf16(&[0xd8, 0x00]), None, "half a surrogate pair");
        assert_eq!(from_utf16(&[0x00]), None);
    }
}
