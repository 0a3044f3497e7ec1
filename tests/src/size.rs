//! The size of an item by DynamoDB's rules ("DynamoDB item sizes and formats" in the developer guide).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::Row;

/// The overhead of a list or map, in bytes.
const CONTAINER: usize = 3;

impl Row {
    /// Returns the size of the item in bytes, including the names of its attributes.
    #[must_use]
    pub fn size(&self) -> usize {
        let attributes = self.0.as_object().expect("an item");
        attributes.iter().map(|(name, value)| name.len() + size_of(value)).sum()
    }
}

fn size_of(value: &Value) -> usize {
    let (kind, value) = value.as_object().and_then(|value| value.iter().next()).expect("an attribute value");
    let list = |of: fn(&Value) -> usize| value.as_array().expect("a list").iter().map(of).sum::<usize>();
    match kind.as_str() {
        "S" => size_of_text(value),
        "N" => size_of_number(value),
        "B" => size_of_bytes(value),
        "BOOL" | "NULL" => 1,
        "SS" => list(size_of_text),
        "NS" => list(size_of_number),
        "BS" => list(size_of_bytes),
        // Each element and each pair takes one more byte.
        "L" => CONTAINER + list(|element| 1 + size_of(element)),
        "M" => {
            let pairs = value.as_object().expect("a map").iter();
            CONTAINER + pairs.map(|(name, value)| 1 + name.len() + size_of(value)).sum::<usize>()
        }
        other => panic!("unknown type {other}"),
    }
}

fn size_of_text(value: &Value) -> usize {
    value.as_str().expect("text").len()
}

fn size_of_bytes(value: &Value) -> usize {
    STANDARD.decode(value.as_str().expect("text")).expect("base64").len()
}

/// One byte for every two significant digits, one more byte, and one for a sign.
fn size_of_number(value: &Value) -> usize {
    let text = value.as_str().expect("a number");
    let digits = text.trim_start_matches('-').replace('.', "");
    let significant = digits.trim_matches('0').len();
    significant.div_ceil(2) + 1 + usize::from(text.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Row;

    #[test]
    fn sizes_follow_the_rules_of_dynamodb() {
        for (value, size) in [
            (json!({ "S": "é" }), 2),
            (json!({ "N": "1782669600123" }), 8),
            (json!({ "N": "100" }), 2),
            (json!({ "N": "0" }), 1),
            (json!({ "N": "-27" }), 3),
            (json!({ "B": "AAEC" }), 3),
            (json!({ "BOOL": true }), 1),
            (json!({ "SS": ["ab", "c"] }), 3),
            (json!({ "L": [{ "S": "ab" }] }), 6),
            (json!({ "M": { "k": { "S": "ab" } } }), 7),
        ] {
            assert_eq!(Row(json!({ "name": value })).size(), 4 + size, "{value}");
        }
    }
}
