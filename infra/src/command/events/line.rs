//! The line of an event, for a person.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

/// The most characters of a value in a line.
const MAX_VALUE: usize = 60;
const DIM: Style = Style::new().dimmed();

/// Returns the line of an event, in color: time (UTC), type, conversation, actor, what changed.
pub fn line(event: &Value) -> String {
    let kind = event["type"].as_str().unwrap_or_default();
    let style = Style::new().fg_color(Some(color(kind).into()));
    let time = event["occurredAt"].as_str().unwrap_or_default();
    let time = time.get(..19).unwrap_or(time).replace('T', " ");
    let mut line = format!("{DIM}{time}{DIM:#} {style}{kind:<20}{style:#}");
    if let Some(conversation) = event["conversationId"].as_str() {
        let _ = write!(line, " {conversation}");
    }
    let _ = write!(line, " {DIM}by {}{DIM:#}", actor(&event["actor"]));
    for detail in details(kind, event) {
        let _ = write!(line, " {detail}");
    }
    line
}

fn color(kind: &str) -> AnsiColor {
    match kind.rsplit('.').next().unwrap_or_default() {
        "created" | "ready" | "finished" => AnsiColor::Green,
        "updated" => AnsiColor::Cyan,
        _ => AnsiColor::Red,
    }
}

fn actor(actor: &Value) -> String {
    let kind = actor["type"].as_str().unwrap_or("unknown").replace('_', " ");
    match actor["id"].as_str() {
        Some(id) => format!("{kind} {}", shown(id)),
        None => kind,
    }
}

/// Returns the changed fields with their values, or what identifies the object.
fn details(kind: &str, event: &Value) -> Vec<String> {
    let data = &event["data"];
    let changed: Vec<_> = event["changedFields"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let fields: &[&str] = if changed.is_empty() {
        match kind.split('.').next().unwrap_or_default() {
            "conversation" => &["number", "subject"],
            "message" => &["role", "body"],
            "customer" => &["id", "name"],
            "bulk_action" => &["id", "action", "status"],
            "file" => &["id", "fileName"],
            _ => &["id"],
        }
    } else {
        &changed
    };
    fields.iter().filter_map(|field| detail(field, &data[field], changed.is_empty())).collect()
}

/// Returns `field=value`. A field without a value is left out if only values identify the object.
fn detail(field: &str, value: &Value, is_optional: bool) -> Option<String> {
    let value = match value {
        Value::Null if is_optional => return None,
        Value::Object(_) => return Some(shown(field)),
        Value::String(text) if text.contains(' ') || text.is_empty() => format!("\"{}\"", shown(text)),
        Value::String(text) => shown(text),
        other => shown(&other.to_string()),
    };
    Some(format!("{}={value}", shown(field)))
}

/// Returns the beginning of a text. Characters that could control the terminal are escaped.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (at, c) in text.chars().enumerate() {
        match c {
            _ if at == MAX_VALUE => {
                shown.push('…');
                break;
            }
            c if c.is_control() || is_direction(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// Returns whether a character changes the direction of the text after it.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use serde_json::json;

    use super::line;

    #[test]
    fn line_says_who_changed_what() {
        let mut event = json!({
            "type": "conversation.updated",
            "occurredAt": "2026-06-28T18:00:00.123Z",
            "actor": { "type": "api_key", "id": "0190" },
            "conversationId": "0191",
            "changedFields": ["status", "assigneeId", "tags", "metadata", "subject"],
            "data": { "status": "solved", "assigneeId": null, "tags": ["a", "b"], "metadata": { "a": 1 }, "subject": "Two words" },
        });
        let plain = |event: &serde_json::Value| strip_str(&line(event)).to_string();
        assert_eq!(
            plain(&event),
            "2026-06-28 18:00:00 conversation.updated 0191 by api key 0190 status=solved assigneeId=null tags=[\"a\",\"b\"] metadata \
             subject=\"Two words\"",
        );
        assert_ne!(line(&event), plain(&event), "it has colors");
        event["data"] = json!(null);
        event["changedFields"] = json!([]);
        event["actor"] = json!({ "type": "system", "id": null });
        assert_eq!(plain(&event), "2026-06-28 18:00:00 conversation.updated 0191 by system");
    }

    #[test]
    fn text_of_customer_cannot_control_terminal() {
        let body = format!("\u{1b}[2J\n\u{202e}{}", "x".repeat(80));
        let event = json!({ "type": "message.created", "data": { "role": "user", "body": body } });
        let plain = strip_str(&line(&event)).to_string();
        assert!(plain.contains(r"role=user body=\u{1b}[2J\n\u{202e}xxx") && plain.ends_with("x…"), "{plain}");
    }
}
