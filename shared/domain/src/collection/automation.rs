use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{
    Action, AutomationId, AutomationTrigger, ConversationFilter, Field, Invalid, InvalidField, MessageBody,
    PredefinedMessageId, Scope, Title, WebhookSecret, WebhookUrl,
};

/// What is done by itself when something happens, or when somebody says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Automation {
    /// What people call it.
    pub name: Title,
    /// Whether its trigger sets it off. It can be run by hand either way.
    pub enabled: bool,
    /// What sets it off.
    pub trigger: AutomationTrigger,
    /// With which conversations, when its trigger sets it off.
    #[serde(default)]
    pub conditions: ConversationFilter,
    /// What is done, in this order.
    pub actions: AutomationActions,
    /// What its webhooks are signed with; only while there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<WebhookSecret>,
}

impl Collected for Automation {
    type Id = AutomationId;
    const KIND: Kind = Kind::Automation;
    const IS_REFERRED_TO: bool = false;

    fn without_secrets(&self) -> Self {
        Self { webhook_secret: None, ..self.clone() }
    }
}

/// One thing that an automation does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AutomationAction {
    /// What bulk actions do too.
    Act(Action),
    /// Sends a predefined message.
    Reply(PredefinedMessageId),
    /// Writes an internal note.
    Note(MessageBody),
    /// Tells somebody's server.
    CallWebhook(WebhookUrl),
}

impl AutomationAction {
    /// What it is called.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Act(Action::Assign(_)) => "assign",
            Self::Act(Action::AssignAssistant(_)) => "assign_assistant",
            Self::Act(Action::UpdateStatus(_)) => "update_status",
            Self::Act(Action::Move { .. }) => "move",
            Self::Act(Action::Tag(_)) => "tag",
            Self::Act(Action::Delete { .. }) => "delete",
            Self::Reply(_) => "reply",
            Self::Note(_) => "note",
            Self::CallWebhook(_) => "call_webhook",
        }
    }

    /// What a key must be allowed to do itself before it has an automation do it: a webhook tells what a conversation
    /// holds, and a reply what the predefined message does.
    #[must_use]
    pub fn scopes(&self) -> &'static [Scope] {
        match self {
            Self::CallWebhook(_) => &[Scope::ReadConversations],
            Self::Reply(_) => &[Scope::WriteConversations, Scope::ReadReplies],
            Self::Act(_) | Self::Note(_) => &[Scope::WriteConversations],
        }
    }
}

/// From 1 to 20 actions that are not too large together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AutomationActions(Vec<AutomationAction>);

impl AutomationActions {
    /// The most actions of an automation.
    pub const MAX: usize = 20;
    /// The most bytes of all of them as they are stored: an item of the table ends at 400 KB, and a list holds many.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Checks how many there are, and how large.
    ///
    /// # Errors
    /// When there are none or too many, or their texts are too long together.
    pub fn parse(actions: Vec<AutomationAction>) -> Result<Self, InvalidField> {
        let refuse = |code, message: String| Err(InvalidField::new(Field::Actions, Invalid::new(code, message)));
        match actions.len() {
            0 => return refuse("too_few", "must hold at least one action".to_owned()),
            1..=Self::MAX => {}
            many => return refuse("too_many", format!("must hold at most {} actions; it has {many}", Self::MAX)),
        }
        let bytes = serde_json::to_vec(&actions).map_or(usize::MAX, |json| json.len());
        if bytes > Self::MAX_BYTES {
            let message = format!("must be at most {} KiB together; shorten the notes", Self::MAX_BYTES / 1024);
            return refuse("too_long", message);
        }
        Ok(Self(actions))
    }

    /// The actions, in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[AutomationAction] {
        &self.0
    }

    /// Whether one of them calls a webhook.
    #[must_use]
    pub fn call_webhooks(&self) -> bool {
        self.0.iter().any(|action| matches!(action, AutomationAction::CallWebhook(_)))
    }

    /// A text that is another one when the actions are others.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        crate::execution::fingerprint(&serde_json::to_vec(&self.0).unwrap_or_default())
    }
}
