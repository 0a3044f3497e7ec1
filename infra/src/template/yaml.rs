//! Writes YAML that YAML 1.1 and 1.2 parsers read the same, which a general serializer does not promise: without quotes,
//! `2012-10-17` is a date to some of them.

use anyhow::{Result, bail};
use serde_norway::{Mapping, Value};

/// Short values go on one line, up to this many columns.
const WIDTH: usize = 118;
/// Values nested deeper than this do not go on one line.
const DEPTH: usize = 2;

/// Words that YAML 1.1 or 1.2 reads as something other than text.
const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"];

/// Writes an entry of a mapping, indented by so many spaces.
///
/// # Errors
/// When a text has control characters.
pub fn entry(key: &Value, value: &Value, indent: usize) -> Result<String> {
    let key = inline(key)?;
    let rest = after_key(value, indent, key.len() + 1)?;
    Ok(format!("{}{key}:{rest}", " ".repeat(indent)))
}

/// Writes the items of a list, indented by so many spaces.
///
/// # Errors
/// When a text has control characters.
pub fn list(items: &[Value], indent: usize) -> Result<String> {
    items.iter().map(|value| item(value, indent)).collect()
}

fn block(entries: &Mapping, indent: usize) -> Result<String> {
    entries.iter().map(|(key, value)| entry(key, value, indent)).collect()
}

fn after_key(value: &Value, indent: usize, used: usize) -> Result<String> {
    let line = inline(value)?;
    if depth(value) <= DEPTH && indent + used + 1 + line.len() <= WIDTH {
        return Ok(format!(" {line}\n"));
    }
    Ok(match value {
        Value::Mapping(entries) => format!("\n{}", block(entries, indent + 2)?),
        Value::Sequence(items) => format!("\n{}", list(items, indent + 2)?),
        Value::String(text) if !text.starts_with(' ') && !text.contains("  ") => folded(text, indent + 2),
        _ => format!(" {line}\n"),
    })
}

/// Wraps a text that is too long for a line.
fn folded(text: &str, indent: usize) -> String {
    let mut folded = " >-".to_owned();
    let mut column = WIDTH;
    for word in text.split(' ') {
        if column + 1 + word.len() > WIDTH {
            folded += "\n";
            folded += &" ".repeat(indent);
            column = indent;
        } else {
            folded.push(' ');
            column += 1;
        }
        folded += word;
        column += word.len();
    }
    folded + "\n"
}

fn item(value: &Value, indent: usize) -> Result<String> {
    let spaces = " ".repeat(indent);
    Ok(match value {
        Value::Mapping(entries) if depth(value) > DEPTH || indent + 2 + inline(value)?.len() > WIDTH => {
            let text = block(entries, indent + 2)?;
            format!("{spaces}- {}", text.trim_start())
        }
        _ => format!("{spaces}- {}\n", inline(value)?),
    })
}

/// How deeply lists and mappings are nested.
fn depth(value: &Value) -> usize {
    match value {
        Value::Mapping(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        Value::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn inline(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => text(value)?,
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(inline).collect::<Result<_>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok(format!("{}: {}", inline(key)?, inline(value)?)));
            format!("{{ {} }}", entries.collect::<Result<Vec<_>>>()?.join(", "))
        }
        Value::Tagged(tagged) => format!("{} {}", tagged.tag, inline(&tagged.value)?),
    })
}

/// Quotes a text unless every parser reads it as that text, on a line of its own and in a list.
fn text(text: &str) -> Result<String> {
    if text.contains(char::is_control) {
        bail!("`{}` has control characters", text.escape_debug());
    }
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_./:$<>=;*' -".contains(c);
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(is_safe)
        && !text.ends_with([':', ' '])
        && !text.contains(": ")
        && !WORDS.contains(&text.to_lowercase().as_str());
    Ok(if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) })
}

#[cfg(test)]
mod tests {
    use serde_norway::{Value, from_str};

    use super::block;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let value: Value = from_str(
            "
            plain: /aws/lambda, with commas
            sub: !Sub '${Table.Arn}/index/gsi1'
            nested: { if: !If [A, [!Ref B], !Ref AWS::NoValue], list: [{ a: { b: { c: [1, true, '1', 'true'] } } }, x] }
            quoted: ['2012-10-17', 'it''s: {x}', 'no', '{ $.level = \"ERROR\" }', '', '# no', 'a:', 5.5]
            text: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccccccccccccccccc dddddddddddddddddddddddd
            long: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb]
            ",
        )
        .expect("YAML");
        let text = block(value.as_mapping().expect("a mapping"), 2).expect("it can be written");
        assert_eq!(from_str::<Value>(&text).expect("YAML"), value, "{text}");
        assert!(text.contains("'2012-10-17'") && text.contains("'no'"), "{text}");
    }

    #[test]
    fn control_characters_are_refused() {
        let value: Value = from_str(r#"a: "b\nc""#).expect("YAML");
        assert!(block(value.as_mapping().expect("a mapping"), 0).is_err());
    }
}
