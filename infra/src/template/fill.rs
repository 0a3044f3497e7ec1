//! Filling in the placeholders of a YAML fragment, and merging fragments.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_norway::{Mapping, Value, value::TaggedValue};

/// Values by placeholder: `name` for `<name>`.
pub type Values = BTreeMap<&'static str, Value>;

/// Replaces every placeholder of a fragment.
///
/// A text that is nothing but a placeholder becomes its value. A list in a list is spliced into it. An entry whose value
/// is null is left out.
///
/// # Errors
/// When a placeholder has no value, or a value inside a text is not a text.
pub fn fill(fragment: &Value, values: &Values) -> Result<Value> {
    Ok(match fragment {
        Value::String(text) => match placeholder(text) {
            Some(name) => value(name, values)?.clone(),
            None => Value::String(fill_text(text, values)?),
        },
        Value::Sequence(items) => {
            let mut filled = Vec::new();
            for item in items {
                match fill(item, values)? {
                    Value::Null => {}
                    Value::Sequence(more) if item.is_string() => filled.extend(more),
                    one => filled.push(one),
                }
            }
            Value::Sequence(filled)
        }
        Value::Mapping(entries) => {
            let mut filled = Mapping::new();
            for (key, entry) in entries {
                let entry = fill(entry, values)?;
                if !entry.is_null() {
                    filled.insert(fill(key, values)?, entry);
                }
            }
            Value::Mapping(filled)
        }
        Value::Tagged(tagged) => {
            let value = fill(&tagged.value, values)?;
            Value::Tagged(Box::new(TaggedValue { tag: tagged.tag.clone(), value }))
        }
        other => other.clone(),
    })
}

fn placeholder(text: &str) -> Option<&str> {
    text.strip_prefix('<')?.strip_suffix('>').filter(|name| !name.contains('<'))
}

fn fill_text(text: &str, values: &Values) -> Result<String> {
    let mut parts = text.split('<');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once('>') else { bail!("`{text}`: a placeholder has no closing `>`") };
        let Some(value) = value(name, values)?.as_str() else { bail!("`{text}`: <{name}> must be a text") };
        filled += value;
        filled += rest;
    }
    Ok(filled)
}

fn value<'a>(name: &str, values: &'a Values) -> Result<&'a Value> {
    match values.get(name) {
        Some(value) => Ok(value),
        None => bail!("the placeholder <{name}> has no value here"),
    }
}

/// Merges mappings recursively. Where both have a value that is not a mapping, the second wins.
pub fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Mapping(base), Value::Mapping(over)) => {
            for (key, value) in over {
                match base.get_mut(&key) {
                    Some(existing) => merge(existing, value),
                    None => drop(base.insert(key, value)),
                }
            }
        }
        (base, over) => *base = over,
    }
}

#[cfg(test)]
mod tests {
    use serde_norway::{Value, from_str};

    use super::{Values, fill, merge};

    fn yaml(text: &str) -> Value {
        from_str(text).expect("YAML")
    }

    fn values() -> Values {
        [("Name", "Files".into()), ("list", vec![1, 2].into()), ("none", Value::Null)].into()
    }

    #[test]
    fn fills_keys_texts_and_tagged_values() {
        let filled = fill(&yaml("{ <Name>Alarm: !Ref <Name>Function, n: 5 }"), &values()).expect("filled");
        assert_eq!(filled, yaml("{ FilesAlarm: !Ref FilesFunction, n: 5 }"));
    }

    #[test]
    fn splices_lists_and_drops_nulls() {
        let filled = fill(&yaml("{ a: [0, <list>, <none>], b: <none>, c: <list> }"), &values()).expect("filled");
        assert_eq!(filled, yaml("{ a: [0, 1, 2], c: [1, 2] }"));
    }

    #[test]
    fn rejects_unknown_and_unfit_placeholders() {
        for text in ["<other>", "a <other>", "a <list>", "a <Name"] {
            assert!(fill(&yaml(text), &values()).is_err(), "{text}");
        }
    }

    #[test]
    fn merges_mappings_recursively() {
        let mut base = yaml("{ a: { b: 1, c: [1] }, d: 1 }");
        merge(&mut base, yaml("{ a: { c: [2], e: 3 }, d: { f: 4 } }"));
        assert_eq!(base, yaml("{ a: { b: 1, c: [2], e: 3 }, d: { f: 4 } }"));
    }
}
