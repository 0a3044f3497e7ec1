use std::ops::ControlFlow;

use deskless_domain::{
    Automation, AutomationAction, AutomationActions, AutomationId, AutomationPosition, AutomationTrigger,
    ConversationFilter, Field, FieldChange, InvalidField, KeyId, Precondition, PredefinedMessage, PredefinedMessageId,
    Resource, StoredSecret, Timestamp, Title, WebhookSecret, authorization::may_automate,
};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use crate::{AppError, bulk::check_action, keys::usable_key, references::check_filter, replay::unless_replayed};

/// A command to create an automation.
#[derive(Debug, Clone)]
pub struct CreateAutomation {
    /// The name.
    pub name: Title,
    /// Whether its trigger runs it.
    pub enabled: bool,
    /// The event that runs it.
    pub trigger: AutomationTrigger,
    /// The conversations to which it applies.
    pub conditions: ConversationFilter,
    /// The place among the automations of one event.
    pub position: Option<AutomationPosition>,
    /// The actions, in order.
    pub actions: Vec<AutomationAction>,
    /// The caller's key, with whose rights its trigger runs it.
    pub caller: KeyId,
}

/// A command to update an automation. `None` keeps a field.
#[derive(Debug, Clone)]
pub struct UpdateAutomation {
    /// The name.
    pub name: Option<Title>,
    /// Whether its trigger runs it.
    pub enabled: Option<bool>,
    /// The event that runs it.
    pub trigger: Option<AutomationTrigger>,
    /// The conversations to which it applies, replaced as a whole.
    pub conditions: Option<ConversationFilter>,
    /// The place among the automations of one event.
    pub position: FieldChange<AutomationPosition>,
    /// The actions, replaced as a whole.
    pub actions: Option<Vec<AutomationAction>>,
    /// Whether to replace the secret that signs its webhooks.
    pub rotate_webhook_secret: bool,
    /// The caller's key.
    pub caller: KeyId,
}

/// A created or updated automation.
#[derive(Debug, Clone)]
pub struct SavedAutomation {
    /// The automation.
    pub automation: Resource<Automation>,
    /// The secret that signs its webhooks, if it is new.
    pub new_secret: Option<WebhookSecret>,
}

/// Creates an automation.
///
/// # Errors
/// [`AppError::Invalid`] for references that do not exist and for too many or too large actions;
/// [`AppError::Denied`] when the key lacks a scope of the actions; `Conflict` when there are too many;
/// [`AppError::IdempotencyKeyReused`].
pub async fn create(
    store: &TenantStore,
    command: CreateAutomation,
    key: Option<&IdempotencyKey>,
) -> Result<Once<SavedAutomation>, AppError> {
    let CreateAutomation { name, enabled, trigger, conditions, position, actions, caller } = command;
    let resolved = resolve(store, Some(&conditions), actions).await;
    let actions = match unless_replayed(store, key, resolved).await? {
        ControlFlow::Continue(actions) => actions,
        ControlFlow::Break(earlier) => return Ok(earlier.map(without_secret)),
    };
    let secret = actions.call_webhooks().then(|| WebhookSecret::generate(store.clock()));
    let webhook_secret = secret.as_ref().map(StoredSecret::from);
    let automation = Automation {
        name,
        enabled,
        trigger,
        conditions,
        since: store.clock().now().as_millis(),
        earlier: Vec::new(),
        position,
        webhook_secret,
        actions,
        api_key: Some(caller),
    };
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let own = usable_key(store, caller).await?;
        may_automate(&own, &automation.actions, store.clock().now())?;
        if let Some(created) = store.create_resource_for(automation.clone(), key, Some(&own)).await? {
            let new_secret = secret.filter(|_| !created.is_replay);
            return Ok(created.map(|automation| SavedAutomation { automation, new_secret }));
        }
        backoff.pause("the caller's key keeps changing").await?;
    }
}

/// An update whose actions are resolved.
struct Resolved {
    update: UpdateAutomation,
    actions: Option<AutomationActions>,
    new_secret: WebhookSecret,
}

impl Resolved {
    /// Returns the automation after the update. Keeps the secret as long as an action calls a webhook. The caller becomes
    /// responsible for the automation with everything that makes it act: its actions, conditions and trigger, and enabling it.
    fn apply(&self, automation: Automation, now: Timestamp) -> Automation {
        let UpdateAutomation { enabled, trigger, conditions, .. } = &self.update;
        let takes_over = self.actions.is_some() || conditions.is_some() || trigger.is_some() || *enabled == Some(true);
        let api_key = if takes_over { Some(self.update.caller) } else { automation.api_key };
        let UpdateAutomation { name, enabled, trigger, conditions, position, .. } = self.update.clone();
        let enabled = enabled.unwrap_or(automation.enabled);
        let trigger = trigger.unwrap_or(automation.trigger);
        let conditions = conditions.unwrap_or_else(|| automation.conditions.clone());
        let mut automation = automation.with_rule(enabled, trigger, conditions, now);
        position.apply(&mut automation.position);
        let actions = self.actions.clone().unwrap_or(automation.actions);
        let current = automation.webhook_secret.filter(|_| !self.update.rotate_webhook_secret);
        let secret = current.unwrap_or_else(|| StoredSecret::from(&self.new_secret));
        Automation {
            name: name.unwrap_or(automation.name),
            enabled,
            trigger,
            conditions: automation.conditions,
            since: automation.since,
            earlier: automation.earlier,
            position: automation.position,
            webhook_secret: actions.call_webhooks().then_some(secret),
            actions,
            api_key,
        }
    }
}

/// Updates an automation. The key needs the scopes of its actions, whichever field is updated.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`], [`AppError::Denied`]; [`AppError::Invalid`] as for
/// [`create`].
pub async fn update(
    store: &TenantStore,
    id: AutomationId,
    mut update: UpdateAutomation,
    precondition: &Precondition,
) -> Result<SavedAutomation, AppError> {
    // An unknown automation is reported before invalid fields.
    store.get_resource::<Automation>(id).await?;
    let actions = if let Some(actions) = update.actions.take() {
        Some(resolve(store, update.conditions.as_ref(), actions).await?)
    } else {
        check_conditions(store, update.conditions.as_ref()).await?;
        None
    };
    let new_secret = WebhookSecret::generate(store.clock());
    let patch = Resolved { update, actions, new_secret };
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let own = usable_key(store, patch.update.caller).await?;
        let before = store.get_resource::<Automation>(id).await?;
        precondition.check(before.version).map_err(StoreError::from)?;
        let after = patch.apply(before.fields.clone(), store.clock().now());
        may_automate(&own, &after.actions, store.clock().now())?;
        let automation = before.with_fields(after, store.clock().now());
        if store.replace_resource_for(&before, &automation, Some(&own)).await? {
            let is_new = automation.fields.webhook_secret == Some(StoredSecret::from(&patch.new_secret));
            let new_secret = is_new.then_some(patch.new_secret);
            return Ok(SavedAutomation { automation, new_secret });
        }
        backoff.pause("the automation keeps changing").await?;
    }
}

fn without_secret(automation: Resource<Automation>) -> SavedAutomation {
    SavedAutomation { automation, new_secret: None }
}

async fn check_conditions(store: &TenantStore, conditions: Option<&ConversationFilter>) -> Result<(), AppError> {
    match conditions {
        Some(conditions) => check_filter(store, conditions).await.map_err(|error| error.within(Field::Condition)),
        None => Ok(()),
    }
}

/// Resolves the references of conditions and actions, and reports all errors together.
async fn resolve(
    store: &TenantStore,
    conditions: Option<&ConversationFilter>,
    actions: Vec<AutomationAction>,
) -> Result<AutomationActions, AppError> {
    let mut invalid = Vec::new();
    collect_invalid(&mut invalid, check_conditions(store, conditions).await)?;
    for (i, action) in actions.iter().enumerate().take(AutomationActions::MAX + 1) {
        let checked = match action {
            AutomationAction::Act(action) => check_action(store, action).await,
            AutomationAction::Reply(id) => check_predefined(store, *id).await,
            AutomationAction::Note(_) | AutomationAction::CallWebhook(_) => Ok(()),
        };
        collect_invalid(&mut invalid, checked.map_err(|error| error.within(|field| Field::Action(i, field))))?;
    }
    if invalid.is_empty() { Ok(AutomationActions::parse(actions)?) } else { Err(AppError::Invalid(invalid)) }
}

/// Collects invalid fields. Returns any other error.
fn collect_invalid(invalid: &mut Vec<InvalidField>, checked: Result<(), AppError>) -> Result<(), AppError> {
    match checked {
        Err(AppError::Invalid(fields)) => invalid.extend(fields),
        other => other?,
    }
    Ok(())
}

async fn check_predefined(store: &TenantStore, id: PredefinedMessageId) -> Result<(), AppError> {
    match store.get_resource::<PredefinedMessage>(id).await {
        Ok(_) => Ok(()),
        Err(StoreError::NotFound) => Err(AppError::no_such(Field::PredefinedMessage, "predefined message")),
        Err(error) => Err(error.into()),
    }
}
