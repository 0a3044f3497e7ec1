use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};

use super::{Collected, Kind};
use crate::{Invalid, InvalidField, Title, ViewId};

/// A saved filter of conversations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// What people call it.
    pub name: Title,
    /// Which conversations it shows.
    pub filter: ViewFilter,
}

impl Collected for View {
    type Id = ViewId;
    const KIND: Kind = Kind::View;
    const IS_REFERRED_TO: bool = false;
}

/// The filters of a list of conversations by their names, all but `viewId`. Kept as JSON text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ViewFilter(Map<String, Value>);

/// The filters whose value is a text.
const TEXTS: [&str; 15] = [
    "status",
    "channel",
    "customerId",
    "customerEmail",
    "externalId",
    "assigneeId",
    "assistantId",
    "inboxId",
    "priority",
    "pipelineId",
    "stageId",
    "tag",
    "resolution",
    "createdAfter",
    "createdBefore",
];
/// The filters whose value is true or false.
const FLAGS: [&str; 4] = ["escalated", "unread", "awaitingReply", "snoozed"];
/// The most characters of a value.
const MAX_TEXT: usize = 255;

impl ViewFilter {
    /// Checks the names and the types of the values.
    ///
    /// # Errors
    /// Everything that is wrong, with its place below `filter`.
    pub fn parse(object: Map<String, Value>) -> Result<Self, Vec<InvalidField>> {
        let wrong: Vec<_> = object.iter().filter_map(|(name, value)| refusal(name, value)).collect();
        if wrong.is_empty() { Ok(Self(object)) } else { Err(wrong) }
    }

    /// As lists of conversations take it.
    #[must_use]
    pub fn conversations(&self) -> Option<crate::ConversationFilter> {
        serde_json::from_value(Value::Object(self.0.clone())).ok()
    }

    /// The filters by name.
    #[must_use]
    pub fn object(&self) -> &Map<String, Value> {
        &self.0
    }
}

fn refusal(name: &str, value: &Value) -> Option<InvalidField> {
    let invalid = match value {
        Value::String(text) if TEXTS.contains(&name) => match text.chars().count() {
            1..=MAX_TEXT => return None,
            length => Invalid::new("invalid", format!("must have 1 to {MAX_TEXT} characters; it has {length}")),
        },
        Value::Bool(_) if FLAGS.contains(&name) => return None,
        _ if TEXTS.contains(&name) => Invalid::new("wrong_type", "must be a string"),
        _ if FLAGS.contains(&name) => Invalid::new("wrong_type", "must be a boolean"),
        _ => {
            let known = [TEXTS.as_slice(), FLAGS.as_slice()].concat().join(", ");
            Invalid::new("unknown", format!("is not known here; what is known: {known}"))
        }
    };
    let name: String = name.chars().take(100).collect();
    Some(InvalidField::new(format!("filter.{name}"), invalid))
}

impl From<ViewFilter> for String {
    fn from(filter: ViewFilter) -> Self {
        Value::Object(filter.0).to_string()
    }
}

impl TryFrom<String> for ViewFilter {
    type Error = String;

    /// Reads what was stored. What was right when it was saved is not judged again.
    fn try_from(json: String) -> Result<Self, String> {
        serde_json::from_str(&json).map(Self).map_err(|e| e.to_string())
    }
}

impl utoipa::PartialSchema for ViewFilter {
    fn schema() -> RefOr<Schema> {
        use utoipa::openapi::{ObjectBuilder, schema::Type};
        let text = || ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(MAX_TEXT));
        let flag = || ObjectBuilder::new().schema_type(Type::Boolean);
        let object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Filters as the list of conversations takes them; all must hold."));
        let object = TEXTS.iter().fold(object, |object, name| object.property(*name, text()));
        FLAGS.iter().fold(object, |object, name| object.property(*name, flag())).into()
    }
}

impl utoipa::ToSchema for ViewFilter {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ViewFilter;

    fn parse(value: &serde_json::Value) -> Result<ViewFilter, Vec<String>> {
        let object = value.as_object().cloned().unwrap_or_default();
        ViewFilter::parse(object).map_err(|wrong| wrong.into_iter().map(|w| w.field).collect())
    }

    #[test]
    fn a_filter_has_the_lists_names_and_is_kept_as_text() {
        let filter = parse(&json!({ "status": "open", "unread": true })).expect("known names");
        let kept = String::from(filter.clone());
        assert_eq!(kept, r#"{"status":"open","unread":true}"#);
        assert_eq!(ViewFilter::try_from(kept), Ok(filter));
        let wrong = json!({ "viewId": "x", "status": 1, "unread": "yes", "tag": "" });
        assert_eq!(
            parse(&wrong).expect_err("all wrong"),
            ["filter.status", "filter.tag", "filter.unread", "filter.viewId"]
        );
    }
}
