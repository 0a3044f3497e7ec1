//! Rights that an API key may grant: only those that it has itself.

use crate::{AutomationAction, AutomationActions, Scope};

/// The caller lacks a scope that it wants to grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingScope(pub Scope);

/// Checks that an API key with the scopes `own` may give another key the scopes `granted`. Scopes that the other key
/// already has (`existing`) may stay.
///
/// # Errors
/// The first scope that the key lacks.
pub fn may_grant(own: &[Scope], granted: &[Scope], existing: &[Scope]) -> Result<(), MissingScope> {
    let missing = granted.iter().find(|scope| !own.contains(scope) && !existing.contains(scope));
    missing.map_or(Ok(()), |scope| Err(MissingScope(*scope)))
}

/// Checks that an API key with the scopes `own` may save or run an automation with these actions.
///
/// # Errors
/// The first scope that the actions need and the key lacks.
pub fn may_automate(own: &[Scope], actions: &AutomationActions) -> Result<(), MissingScope> {
    let mut needed = actions.as_slice().iter().flat_map(AutomationAction::scopes);
    needed.find(|scope| !own.contains(scope)).map_or(Ok(()), |scope| Err(MissingScope(*scope)))
}

#[cfg(test)]
mod tests {
    use super::{MissingScope, may_automate, may_grant};
    use crate::{AutomationAction, AutomationActions, MessageBody, PredefinedMessageId, Scope};

    #[test]
    fn key_gives_only_scopes_that_it_has() {
        let own = [Scope::ReadConversations, Scope::WriteKeys];
        assert_eq!(may_grant(&own, &[Scope::ReadConversations], &[]), Ok(()));
        assert_eq!(may_grant(&own, &[Scope::ReadFiles], &[]), Err(MissingScope(Scope::ReadFiles)));
        assert_eq!(may_grant(&own, &[Scope::ReadFiles], &[Scope::ReadFiles]), Ok(()), "the key has it already");
    }

    #[test]
    fn automation_needs_the_scopes_of_its_actions() {
        let note = AutomationAction::Note(MessageBody::parse("Hi".to_owned()).expect("a body"));
        let reply = AutomationAction::Reply(PredefinedMessageId::from_bytes([1; 16]));
        let actions = AutomationActions::parse(vec![note, reply]).expect("two actions");
        let missing = may_automate(&[Scope::WriteConversations], &actions);
        assert_eq!(missing, Err(MissingScope(Scope::ReadReplies)));
        assert_eq!(may_automate(&[Scope::WriteConversations, Scope::ReadReplies], &actions), Ok(()));
    }
}
