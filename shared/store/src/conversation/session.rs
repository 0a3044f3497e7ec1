//! The claim that makes a sessionKey unique among the conversations of an inbox that are not solved.
//!
//! The claim follows the status and the inbox, and commits with them. A conversation without a sessionKey costs nothing: the
//! writes that know nothing of the conversation require that it has none, and only the others read it first.

use deskless_domain::{Conversation, ConversationId, Existing, FieldChange, InboxId, SessionKey, Status, Transition};
use serde::Serialize;

use super::item::attributes;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{packed_id, text},
    item::{self, Item, string},
    packed::{self, unpack},
    transaction::{FailedConditions, Transaction, WriteIndex},
};

/// The claim's item.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionItem {
    #[serde(with = "packed")]
    conversation_id: ConversationId,
}

/// What decides whether a conversation holds a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    key: SessionKey,
    status: Status,
    inbox: Option<InboxId>,
}

impl Session {
    /// Returns the session of a conversation; `None` if it has no sessionKey.
    pub fn of(conversation: &Conversation) -> Option<Self> {
        let key = conversation.session_key.clone()?;
        Some(Self { key, status: conversation.status, inbox: conversation.placement.inbox_id })
    }

    /// Returns the session of a conversation's item; `None` if it has no sessionKey.
    pub fn of_item(item: &Item) -> Option<Self> {
        let key = SessionKey::parse(string(item, attributes::SESSION_KEY)?.to_owned()).ok()?;
        let status = Status::parse(string(item, attributes::STATUS)?).ok()?;
        Some(Self { key, status, inbox: string(item, attributes::INBOX_ID).and_then(unpack) })
    }

    fn after(&self, transition: &Transition) -> Self {
        let inbox = match transition.placement.inbox_id {
            FieldChange::Keep => self.inbox,
            FieldChange::Clear => None,
            FieldChange::Set(inbox) => Some(inbox),
        };
        Self { key: self.key.clone(), status: transition.status.unwrap_or(self.status), inbox }
    }

    /// Returns whether the conversation holds the claim of its inbox.
    fn is_open(&self) -> bool {
        self.status != Status::Solved
    }

    /// Requires that the conversation still has this status and inbox.
    pub fn unchanged(&self, condition: Condition) -> Condition {
        condition
            .equals(attributes::STATUS, text(self.status))
            .equals_or_missing(attributes::INBOX_ID, self.inbox.map(packed_id))
    }
}

/// Returns whether a transition may move a claim.
fn moves_claim(transition: &Transition) -> bool {
    transition.status.is_some() || !matches!(transition.placement.inbox_id, FieldChange::Keep)
}

/// Requires that a conversation of which nothing is known has no sessionKey, or that the transition leaves its claim. A reply to an
/// open conversation does.
pub(crate) fn without_session(transition: &Transition, mut condition: Condition) -> Condition {
    if !moves_claim(transition) {
        return condition;
    }
    let key = condition.name(attributes::SESSION_KEY);
    let none = format!("attribute_not_exists({key})");
    let operator = match transition.status {
        Some(status) if matches!(transition.placement.inbox_id, FieldChange::Keep) => {
            if status == Status::Solved {
                "="
            } else {
                "<>"
            }
        }
        _ => return condition.and(none),
    };
    let (status, solved) = (condition.name(attributes::STATUS), condition.value(text(Status::Solved)));
    condition.and(format!("({none} OR {status} {operator} {solved})"))
}

/// Returns the session of a conversation whose write failed because nothing was known of it.
pub(crate) fn unknown_session(transition: &Transition, existing: Option<&Item>) -> Option<Session> {
    existing.filter(|_| moves_claim(transition)).and_then(Session::of_item)
}

impl TenantStore {
    /// Adds what a transition does to the claim of a known conversation. Returns the condition under which that is right, and
    /// the write of the new claim.
    pub(crate) fn move_session(
        &self,
        transaction: &mut Transaction,
        id: ConversationId,
        session: &Session,
        transition: &Transition,
        condition: Condition,
    ) -> Result<(Condition, Option<WriteIndex>), StoreError> {
        if !moves_claim(transition) {
            return Ok((condition, None));
        }
        let after = session.after(transition);
        let claimed = |session: &Session| session.is_open().then_some(session.inbox);
        let condition = session.unchanged(condition);
        if claimed(session) == claimed(&after) {
            return Ok((condition, None));
        }
        self.release_session(transaction, id, session)?;
        let claim = if after.is_open() { Some(self.claim_session(transaction, id, &after)?) } else { None };
        Ok((condition, claim))
    }

    /// Adds the claim of a new or reopened conversation.
    pub(crate) fn claim_session(
        &self,
        transaction: &mut Transaction,
        id: ConversationId,
        session: &Session,
    ) -> Result<WriteIndex, StoreError> {
        let key = self.keys().session_claim(session.inbox, &session.key);
        transaction.put_new(self, item::write(key, &SessionItem { conversation_id: id })?)
    }

    /// Adds the claim of a new conversation, if it has a sessionKey and is not solved.
    pub(super) fn claim_new_session(
        &self,
        transaction: &mut Transaction,
        conversation: &Conversation,
    ) -> Result<Option<WriteIndex>, StoreError> {
        let session = Session::of(conversation).filter(Session::is_open);
        session.map(|session| self.claim_session(transaction, conversation.id, &session)).transpose()
    }

    /// Removes the claim of a conversation, if it holds one.
    pub(crate) fn release_session(
        &self,
        transaction: &mut Transaction,
        id: ConversationId,
        session: &Session,
    ) -> Result<(), StoreError> {
        if session.is_open() {
            let mut is_own = Condition::none();
            let owner = is_own.value(packed_id(id));
            let is_own = is_own.and(format!("(attribute_not_exists(pk) OR conversationId = {owner})"));
            transaction.delete(self, self.keys().session_claim(session.inbox, &session.key), is_own)?;
        }
        Ok(())
    }
}

/// Returns the conversation that holds a claim.
pub(super) fn holder(claim: Option<&Item>) -> Option<ConversationId> {
    claim.and_then(|claim| string(claim, "conversationId")).and_then(unpack)
}

/// Returns the error for a claim that another conversation holds.
pub(crate) fn session_conflict(claim: Option<WriteIndex>, failed: &FailedConditions) -> Option<StoreError> {
    let claim = claim.filter(|claim| failed.at(*claim))?;
    Some(StoreError::SessionKeyExists(holder(failed.existing(claim)).map(Existing::Conversation)))
}

#[cfg(test)]
mod tests {
    use deskless_domain::{FieldChange, Status, Timestamp, Transition};

    use super::moves_claim;

    #[test]
    fn only_status_and_inbox_move_a_claim() {
        let mut transition = Transition::touch(Timestamp::from_millis(0));
        assert!(!moves_claim(&transition));
        transition.placement.inbox_id = FieldChange::Clear;
        assert!(moves_claim(&transition));
        let solved = Transition { status: Some(Status::Solved), ..Transition::touch(Timestamp::from_millis(0)) };
        assert!(moves_claim(&solved));
    }
}
