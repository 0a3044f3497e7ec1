use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{
    Action, AutomationId, AutomationTrigger, ConversationFilter, Field, Invalid, InvalidField, KeyId, MessageBody,
    PredefinedMessageId, Scope, Title, WebhookSecret, WebhookUrl,
};

/// An automation: runs actions when an event matches its conditions, or when it is run manually.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Automation {
    /// The display name.
    pub name: Title,
    /// Whether its trigger is active. It can be run manually either way.
    pub enabled: bool,
    /// The event that triggers it.
    pub trigger: AutomationTrigger,
    /// The conditions that a conversation must match when the trigger fires.
    #[serde(default)]
    pub conditions: ConversationFilter,
    /// The actions, in order.
    pub actions: AutomationActions,
    /// The secret that signs its webhook calls. Set only while an action calls a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<WebhookSecret>,
    /// The API key with whose rights its trigger runs it: the one that last saved its actions, conditions or trigger, or enabled
    /// it. `None` if it runs without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<KeyId>,
}

impl Collected for Automation {
    type Id = AutomationId;
    const KIND: Kind = Kind::Automation;
    const IS_REFERRED_TO: bool = false;

    /// Replaces the secret instead of removing it, so that clients see whether there is one.
    fn without_secrets(&self) -> Self {
        let webhook_secret = self.webhook_secret.as_ref().map(|_| WebhookSecret::redacted());
        Self { webhook_secret, ..self.clone() }
    }
}

/// An action of an automation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AutomationAction {
    /// An action that bulk actions have too.
    Act(Action),
    /// Sends a predefined message as a reply.
    Reply(PredefinedMessageId),
    /// Adds an internal note.
    Note(MessageBody),
    /// Calls a webhook.
    CallWebhook(WebhookUrl),
}

impl AutomationAction {
    /// Returns the name of the action on the wire.
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

    /// Returns the scopes that an API key needs to configure this action. A webhook call discloses the conversation, and a reply
    /// discloses the predefined message, so those need read scopes.
    #[must_use]
    pub fn scopes(&self) -> &'static [Scope] {
        match self {
            Self::CallWebhook(_) => &[Scope::ReadConversations],
            Self::Reply(_) => &[Scope::WriteConversations, Scope::ReadReplies],
            Self::Act(_) | Self::Note(_) => &[Scope::WriteConversations],
        }
    }
}

/// The actions of an automation: 1 to 20, and at most 64 KiB together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AutomationActions(Vec<AutomationAction>);

impl AutomationActions {
    /// The most actions.
    pub const MAX: usize = 20;
    /// The most bytes of all actions as JSON. A DynamoDB item is limited to 400 KB, and a list response has many automations.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Checks the number of actions and their size.
    ///
    /// # Errors
    /// When there are no actions or too many, or they are too large together.
    pub fn parse(actions: Vec<AutomationAction>) -> Result<Self, InvalidField> {
        let refuse = |code, message: String| Err(InvalidField::new(Field::Actions, Invalid::new(code, message)));
        match actions.len() {
            0 => return refuse("too_few", "must have at least one action".to_owned()),
            1..=Self::MAX => {}
            many => return refuse("too_many", format!("must have at most {} actions; it has {many}", Self::MAX)),
        }
        let bytes = serde_json::to_vec(&actions).map_or(usize::MAX, |json| json.len());
        if bytes > Self::MAX_BYTES {
            let message = format!("must be at most {} KiB together. Shorten the notes", Self::MAX_BYTES / 1024);
            return refuse("too_long", message);
        }
        Ok(Self(actions))
    }

    /// Returns the actions in order.
    #[must_use]
    pub fn as_slice(&self) -> &[AutomationAction] {
        &self.0
    }

    /// Returns whether an action calls a webhook.
    #[must_use]
    pub fn call_webhooks(&self) -> bool {
        self.0.iter().any(|action| matches!(action, AutomationAction::CallWebhook(_)))
    }

    /// Returns a digest of the actions.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        crate::execution::fingerprint(&serde_json::to_vec(&self.0).unwrap_or_default())
    }
}
