//! Actions on conversations, shared by bulk actions and automations.

use deserr::{DeserializeError, Deserr, ErrorKind, IntoValue, Value, ValuePointerRef, take_cf_content};
use deskless_domain::{
    Action, AssistantId, DeletionReason, Invalid, MemberId, PipelineId, Resolution, Resolved, StageId, Status,
    TagChange, Tags,
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    InvalidRequest, Json, field_names,
    fields::{object, string},
};

/// An action on conversations. Its fields depend on `action`. [`ActionObject::variants`] describes it.
#[derive(Debug, Clone, Deserr, Serialize, ToSchema)]
#[deserr(error = InvalidRequest, tag = "action", deny_unknown_fields = unknown_field)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum ActionObject {
    /// Assigns a member.
    #[deserr(rename = "assign", rename_all = camelCase)]
    #[serde(rename_all = "camelCase")]
    Assign {
        /// `null` unassigns the conversation.
        #[schema(required)]
        assignee_id: Option<MemberId>,
    },
    /// Assigns an assistant.
    #[deserr(rename = "assign_assistant", rename_all = camelCase)]
    #[serde(rename_all = "camelCase")]
    AssignAssistant {
        /// `null` unassigns the conversation.
        #[schema(required)]
        assistant_id: Option<AssistantId>,
    },
    /// Updates the status.
    #[deserr(rename = "update_status", rename_all = camelCase)]
    #[serde(rename_all = "camelCase")]
    UpdateStatus {
        /// The status.
        status: Status,
        /// Only with the status `solved`.
        #[deserr(default)]
        resolution: Option<Resolution>,
    },
    /// Moves the conversation to a pipeline stage.
    #[deserr(rename = "move", rename_all = camelCase)]
    #[serde(rename_all = "camelCase")]
    Move {
        /// The pipeline.
        pipeline_id: PipelineId,
        /// The stage.
        stage_id: StageId,
    },
    /// Adds and removes tags.
    #[deserr(rename = "tag", rename_all = camelCase)]
    #[serde(rename_all = "camelCase")]
    Tag {
        /// The tags to add.
        #[deserr(default)]
        #[schema(value_type = Option<Vec<deskless_domain::Tag>>, max_items = 20)]
        add: Option<Tags>,
        /// The tags to remove.
        #[deserr(default)]
        #[schema(value_type = Option<Vec<deskless_domain::Tag>>, max_items = 20)]
        remove: Option<Tags>,
    },
    /// Deletes the conversation.
    #[deserr(rename = "delete", rename_all = camelCase)]
    #[serde(rename_all = "camelCase")]
    Delete {
        /// It is kept for 90 days, with the conversation's id and number.
        #[deserr(default)]
        reason: Option<DeletionReason>,
    },
}

/// The fields of the actions, with the action they belong to.
const FIELDS: [(&str, &str); 9] = [
    ("assigneeId", "assign"),
    ("assistantId", "assign_assistant"),
    ("status", "update_status"),
    ("resolution", "update_status"),
    ("pipelineId", "move"),
    ("stageId", "move"),
    ("add", "tag"),
    ("remove", "tag"),
    ("reason", "delete"),
];

fn unknown_field(field: &str, known: &[&str], location: ValuePointerRef<'_>) -> InvalidRequest {
    if let Some((_, action)) = FIELDS.iter().find(|(name, _)| *name == field) {
        let other_action = Invalid::new("unknown", format!("is a field of the action `{action}`, not of this one"));
        return InvalidRequest::at(location.push_key(field), &other_action);
    }
    let unknown = ErrorKind::UnknownKey::<Json> { key: field, accepted: known };
    take_cf_content(InvalidRequest::error(None, unknown, location))
}

/// An action in a request. It is well formed, but its references are not resolved yet.
#[derive(Debug, Clone)]
pub struct ActionRequest(Action);

impl ActionRequest {
    /// The values of `action`.
    pub const NAMES: [&str; 6] = ["assign", "assign_assistant", "update_status", "move", "tag", "delete"];

    /// Returns the action.
    #[must_use]
    pub fn into_action(self) -> Action {
        self.0
    }
}

impl Deserr<InvalidRequest> for ActionRequest {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let fields = object(value, location)?;
        if let Some(name) = fields.get("action") {
            let location = location.push_key("action");
            let name = string(name.clone().into_value(), location)?;
            if !Self::NAMES.contains(&name.as_str()) {
                return Err(InvalidRequest::at(location, &Invalid::unknown_value(&name, &Self::NAMES)));
            }
        }
        let object = ActionObject::deserialize_from_value(Json::Object(fields).into_value(), location)?;
        object.action(location).map(Self)
    }
}

impl ActionObject {
    /// Returns the schema of each action. OpenAPI has one object with the fields of all of them: see
    /// [`flat`](crate::openapi::flat).
    #[must_use]
    pub fn variants() -> Vec<RefOr<Schema>> {
        match Self::schema() {
            RefOr::T(Schema::OneOf(actions)) => actions.items,
            _ => Vec::new(),
        }
    }

    fn action(self, location: ValuePointerRef<'_>) -> Result<Action, InvalidRequest> {
        match self {
            Self::Assign { assignee_id } => Ok(Action::Assign(assignee_id)),
            Self::AssignAssistant { assistant_id } => Ok(Action::AssignAssistant(assistant_id)),
            Self::UpdateStatus { status, resolution } => {
                let not_solved = || {
                    let invalid = Invalid::new("invalid", "is allowed only when `status` is `solved`");
                    InvalidRequest::at(location.push_key("resolution"), &invalid)
                };
                Resolved::of(status, resolution).map(Action::UpdateStatus).ok_or_else(not_solved)
            }
            Self::Move { pipeline_id, stage_id } => Ok(Action::Move { pipeline: pipeline_id, stage: stage_id }),
            Self::Tag { add, remove } => {
                TagChange::new(add.unwrap_or_default(), remove.unwrap_or_default()).map(Action::Tag).map_err(|error| {
                    InvalidRequest::at(location.push_key(&field_names::path(&error.field)), &error.invalid)
                })
            }
            Self::Delete { reason } => Ok(Action::Delete { reason }),
        }
    }
}

impl From<&Action> for ActionObject {
    fn from(action: &Action) -> Self {
        match action {
            Action::Assign(member) => Self::Assign { assignee_id: *member },
            Action::AssignAssistant(assistant) => Self::AssignAssistant { assistant_id: *assistant },
            Action::UpdateStatus(state) => {
                let resolution = match state {
                    Resolved::No(_) => None,
                    Resolved::Yes(resolution) => *resolution,
                };
                Self::UpdateStatus { status: state.status(), resolution }
            }
            Action::Move { pipeline, stage } => Self::Move { pipeline_id: *pipeline, stage_id: *stage },
            Action::Tag(change) => {
                Self::Tag { add: Some(change.added().clone()), remove: Some(change.removed().clone()) }
            }
            Action::Delete { reason } => Self::Delete { reason: reason.clone() },
        }
    }
}
