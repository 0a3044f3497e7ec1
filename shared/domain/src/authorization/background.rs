//! What runs after the request: the actions of automations, and the steps of bulk actions and executions.

use super::{Denial, is_usable, require};
use crate::{ApiKey, AutomationAction, AutomationActions, Scope, Timestamp};

/// Checks that a key may save or run an automation with these actions, or let it run: the key is usable, and has every scope
/// that an action needs.
///
/// # Errors
/// [`Denial::Revoked`], [`Denial::Expired`], [`Denial::MissingScope`].
pub fn may_automate(key: &ApiKey, actions: &AutomationActions, now: Timestamp) -> Result<(), Denial> {
    let mut needed = actions.as_slice().iter().flat_map(AutomationAction::scopes);
    is_usable(key, now)?;
    needed.try_for_each(|scope| require(key, *scope))
}

/// Checks that work in the background may continue with the rights of the key that started it.
///
/// # Errors
/// [`Denial::Revoked`], [`Denial::Expired`], [`Denial::MissingScope`].
pub fn may_continue(key: &ApiKey, scope: Scope, now: Timestamp) -> Result<(), Denial> {
    is_usable(key, now)?;
    require(key, scope)
}

#[cfg(test)]
mod tests {
    use super::{may_automate, may_continue};
    use crate::{
        ApiKey, AutomationAction, AutomationActions, MessageBody, PredefinedMessageId, Scope, Timestamp,
        authorization::Denial, fixtures::api_key,
    };

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn automation_needs_the_scopes_of_its_actions() {
        let note = AutomationAction::Note(MessageBody::parse("Hi".to_owned()).expect("a body"));
        let reply = AutomationAction::Reply(PredefinedMessageId::from_bytes([1; 16]));
        let actions = AutomationActions::parse(vec![note, reply]).expect("two actions");
        let writer = api_key(&[Scope::WriteConversations]);
        assert_eq!(may_automate(&writer, &actions, NOW), Err(Denial::MissingScope(Scope::ReadReplies)));
        let both = api_key(&[Scope::WriteConversations, Scope::ReadReplies]);
        assert_eq!(may_automate(&both, &actions, NOW), Ok(()));
        let revoked = ApiKey { revoked_at: Some(NOW), ..both.clone() };
        assert_eq!(may_automate(&revoked, &actions, NOW), Err(Denial::Revoked));
        let expired = ApiKey { expires_at: Some(NOW), ..both };
        assert_eq!(may_automate(&expired, &actions, NOW), Err(Denial::Expired));
    }

    #[test]
    fn work_ends_with_its_key() {
        let key = api_key(&[Scope::WriteConversations]);
        assert_eq!(may_continue(&key, Scope::WriteConversations, NOW), Ok(()));
        let missing = Denial::MissingScope(Scope::WriteFiles);
        assert_eq!(may_continue(&key, Scope::WriteFiles, NOW), Err(missing));
        let revoked = ApiKey { revoked_at: Some(NOW), ..key };
        assert_eq!(may_continue(&revoked, Scope::WriteConversations, NOW), Err(Denial::Revoked));
    }
}
