use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{
    Action, AutomationId, AutomationTrigger, ConversationFilter, Field, Invalid, InvalidField, KeyId, MessageBody,
    PredefinedMessageId, Scope, StoredSecret, Timestamp, Title, WebhookUrl,
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
    /// The time from which on `enabled`, `trigger` and `conditions` apply, in milliseconds since 1970. Events before it belong to
    /// the earlier rules.
    #[serde(default)]
    pub since: i64,
    /// What applied before, newest first. At most [`Automation::MAX_EARLIER`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<TriggerRule>,
    /// The place among the automations that one event triggers. `None` is after all places, the oldest automation first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<AutomationPosition>,
    /// The actions, in order.
    pub actions: AutomationActions,
    /// The secret that signs its webhook calls. Set only while an action calls a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<StoredSecret>,
    /// The API key with whose rights its trigger runs it: the one that last saved its actions, conditions or trigger, or enabled
    /// it. `None` if it runs without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<KeyId>,
}

/// What decides whether an event triggers an automation, from a time on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriggerRule {
    /// Whether the trigger is active.
    pub enabled: bool,
    /// The event.
    pub trigger: AutomationTrigger,
    /// The conditions that a conversation must match.
    #[serde(default)]
    pub conditions: ConversationFilter,
    /// The time, in milliseconds since 1970.
    #[serde(default)]
    pub since: i64,
}

impl TriggerRule {
    /// Returns the rule that applied at a time, of rules with the newest first.
    #[must_use]
    pub fn at(rules: &[Self], time: Timestamp) -> Option<&Self> {
        rules.iter().find(|rule| rule.since <= time.as_millis())
    }

    /// Returns whether events can trigger the automation.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.enabled && self.trigger != AutomationTrigger::Manual
    }
}

/// The place of an automation among those that one event triggers: 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = u32, minimum = 1, maximum = 1_000_000)]
pub struct AutomationPosition(u32);

impl AutomationPosition {
    /// The last place.
    pub const MAX: u32 = 1_000_000;

    /// Checks the range.
    ///
    /// # Errors
    /// When the number is not 1 to 1,000,000.
    pub fn new(number: u64) -> Result<Self, Invalid> {
        match u32::try_from(number) {
            Ok(number @ 1..=Self::MAX) => Ok(Self(number)),
            _ => Err(Invalid::new("out_of_range", format!("must be a whole number from 1 to {}", Self::MAX))),
        }
    }
}

impl Automation {
    /// The name that the encryption of [`Automation::webhook_secret`] is bound to.
    pub const WEBHOOK_SECRET: &str = "webhookSecret";

    /// The most earlier rules that are kept. The stream of events is behind by less than a second, and rarely by a day.
    pub const MAX_EARLIER: usize = 4;

    /// Returns what decides now whether an event triggers it.
    #[must_use]
    pub fn rule(&self) -> TriggerRule {
        let Self { enabled, trigger, conditions, since, .. } = self;
        TriggerRule { enabled: *enabled, trigger: *trigger, conditions: conditions.clone(), since: *since }
    }

    /// Returns the automation after an update of its rule. Events that happened before `now` still belong to the earlier rule,
    /// although they may be processed later.
    #[must_use]
    pub fn with_rule(
        mut self,
        enabled: bool,
        trigger: AutomationTrigger,
        conditions: ConversationFilter,
        now: Timestamp,
    ) -> Self {
        if (enabled, trigger, &conditions) == (self.enabled, self.trigger, &self.conditions) {
            return self;
        }
        self.earlier.insert(0, self.rule());
        self.earlier.truncate(Self::MAX_EARLIER);
        Self { enabled, trigger, conditions, since: now.as_millis(), ..self }
    }
}

impl Collected for Automation {
    type Id = AutomationId;
    const KIND: Kind = Kind::Automation;
    const IS_REFERRED_TO: bool = false;
    const INTERNAL_FIELDS: &'static [&'static str] = &["since", "earlier"];

    /// Replaces the secret instead of removing it, so that clients see whether there is one.
    fn without_secrets(&self) -> Self {
        let webhook_secret = self.webhook_secret.as_ref().map(|_| StoredSecret::redacted());
        Self { webhook_secret, ..self.clone() }
    }

    fn secrets_mut(&mut self) -> Vec<(&'static str, &mut StoredSecret)> {
        self.webhook_secret.iter_mut().map(|secret| (Self::WEBHOOK_SECRET, secret)).collect()
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
