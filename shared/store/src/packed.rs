//! The stored form of ids: 22 characters instead of 36, in the same order.
//!
//! The alphabet is base64's in ASCII order, so that packed ids sort as their bytes do.

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use deskless_domain::Identifier;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// The length of a packed id, in characters: 128 bits in groups of six.
const LENGTH: usize = 22;

static ENCODING: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
    specification.encoding().expect("64 different symbols")
});

/// Returns the stored form of an id.
pub(crate) fn pack(id: impl Identifier) -> String {
    encode(&id.to_bytes())
}

/// Returns bytes in the same encoding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    ENCODING.encode(bytes)
}

/// Returns the bytes of a text in this encoding.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    ENCODING.decode(text.as_bytes()).ok()
}

/// Parses the stored form of an id.
pub(crate) fn unpack<I: Identifier>(text: &str) -> Option<I> {
    if text.len() != LENGTH {
        return None;
    }
    let bytes = ENCODING.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok().map(I::from_bytes)
}

/// Serializes an id in its stored form.
pub(crate) fn serialize<I: Identifier, S: Serializer>(id: &I, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&pack(*id))
}

/// Deserializes an id from its stored form.
pub(crate) fn deserialize<'de, I: Identifier, D: Deserializer<'de>>(deserializer: D) -> Result<I, D::Error> {
    unpack(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not a packed id"))
}

/// The same for an optional id.
pub(crate) mod option {
    use deskless_domain::Identifier;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::ref_option, reason = "serde passes references")]
    pub(crate) fn serialize<I: Identifier, S: Serializer>(id: &Option<I>, serializer: S) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => super::serialize(id, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, I: Identifier, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<I>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        super::unpack(&text).map(Some).ok_or_else(|| D::Error::custom("not a packed id"))
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::MessageId;

    use super::{LENGTH, pack, unpack};

    #[test]
    fn packed_ids_sort_as_ids_do() {
        let ids: Vec<_> = (0..=255_u8).map(|byte| MessageId::from_bytes([byte; 16])).collect();
        let packed: Vec<_> = ids.iter().map(|&id| pack(id)).collect();
        assert!(packed.is_sorted());
        assert!(packed.iter().zip(&ids).all(|(text, &id)| text.len() == LENGTH && unpack(text) == Some(id)));
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in
            ["", "0", "6f6b6f9a-1b6a-4e42-9f71-1b9a3f3d2a33", "!!!!!!!!!!!!!!!!!!!!!!", "zzzzzzzzzzzzzzzzzzzzzz"]
        {
            assert_eq!(unpack::<MessageId>(text), None, "{text}");
        }
    }
}
