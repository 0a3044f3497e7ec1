//! Metadata: at most 16 pairs of strings.
//!
//! They are members of the conversation's metadata. Members of other types, which our own API and other dialects set, are neither shown
//! nor changed here.

use std::collections::BTreeMap;

use deskless_api::{InvalidRequest, Json, JsonObject};
use deskless_domain::Metadata;
use serde_json::value::RawValue;

use super::invalid;
use crate::state;

const MAX_PAIRS: usize = 16;
const MAX_KEY: usize = 64;
const MAX_VALUE: usize = 512;

/// The pairs, in the order in which they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Parses the parameter `metadata`. `null` has no pairs.
    pub fn parse(value: Json) -> Result<Self, InvalidRequest> {
        let object = match value {
            Json::Null => return Ok(Self::default()),
            Json::Object(object) => object,
            other => return Err(invalid::wrong_type("metadata", "an object", &other)),
        };
        if object.len() > MAX_PAIRS {
            return Err(invalid::many_properties("metadata", MAX_PAIRS, object.len()));
        }
        object.into_iter().map(pair).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the pairs of a conversation.
    pub fn of(metadata: &Metadata) -> Self {
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(metadata.json()).unwrap_or_default();
        let text = |value: &RawValue| serde_json::from_str::<String>(value.get()).ok();
        Self(members.into_iter().filter_map(|(key, value)| Some((key, text(&value)?))).collect())
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find_map(|(own, value)| (own == key).then_some(value.as_str()))
    }

    /// Returns the metadata of a conversation with these pairs in place of its own.
    pub fn replace_in(&self, metadata: &Metadata) -> Result<Metadata, InvalidRequest> {
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(metadata.json()).unwrap_or_default();
        members.retain(|_, value| !value.get().starts_with('"'));
        let kept = state::take(&mut members);
        if let Some((key, _)) = self.0.iter().find(|(key, _)| kept.contains_key(key)) {
            return Err(invalid::value(&format!("metadata.{key}"), "the key is reserved."));
        }
        members.extend(kept);
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        let kept = members.iter().filter(|(key, _)| self.get(key).is_none());
        let kept = kept.map(|(key, value)| format!("{}:{}", quoted(key), value.get()));
        let own = self.0.iter().map(|(key, value)| format!("{}:{}", quoted(key), quoted(value)));
        let json = format!("{{{}}}", own.chain(kept).collect::<Vec<_>>().join(","));
        Metadata::from_long_json(&json)
            .map_err(|error| invalid::value("metadata", &format!("{} in total.", error.message)))
    }

    /// Returns the pairs as an object.
    pub fn object(&self) -> serde_json::Map<String, serde_json::Value> {
        self.0.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect()
    }
}

fn pair((key, value): (String, Json)) -> Result<(String, String), InvalidRequest> {
    let length = key.chars().count();
    if length > MAX_KEY {
        let shown: String = key.chars().take(MAX_KEY + 1).collect();
        return Err(invalid::long_name("metadata", &shown, MAX_KEY, length));
    }
    let param = format!("metadata.{key}");
    match value {
        Json::String(text) if text.chars().count() <= MAX_VALUE => Ok((key, text)),
        Json::String(text) => Err(invalid::long_string(&param, MAX_VALUE, text.chars().count())),
        other => Err(invalid::wrong_type(&param, "a string", &other)),
    }
}

/// Returns the pairs of a body's member, or `None` if it has none.
pub fn take(body: &mut JsonObject) -> Result<Option<Pairs>, InvalidRequest> {
    body.shift_remove("metadata").map(Pairs::parse).transpose()
}

#[cfg(test)]
mod tests {
    use deskless_domain::Metadata;

    use super::Pairs;

    #[test]
    fn other_members_stay() {
        let before = Metadata::from_json(r#"{"a":"1","n":1.50,"bancroft":{"x":"y"}}"#).expect("metadata");
        assert_eq!(Pairs::of(&before), Pairs(vec![("a".to_owned(), "1".to_owned())]));
        let after = Pairs(vec![("b".to_owned(), "\"2\"".to_owned())]).replace_in(&before).expect("metadata");
        assert_eq!(after.json(), r#"{"b":"\"2\"","bancroft":{"x":"y"},"n":1.50}"#);
        assert!(Pairs::default().replace_in(&Metadata::default()).expect("metadata").is_empty());
    }
}
