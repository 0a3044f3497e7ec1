use deskless_domain::{AttemptId, Cause, Conversation, Effect, Precondition, Transition};

use super::{Session, item::attributes, session_conflict};
use crate::{
    Marked, Marker, StoreError, TenantStore,
    expression::text,
    transaction::{Commit, Transaction},
};

impl TenantStore {
    /// AP-70, AP-91: applies an action's effect to a conversation, in one transaction with a marker. The write is
    /// conditional on the version that was read, so that the decision still holds when it commits. Without an effect only
    /// the marker is written, which costs one write unit.
    ///
    /// # Errors
    /// [`StoreError::SessionKeyExists`] when it would reopen the conversation beside another one with its sessionKey.
    pub async fn apply_effect(
        &self,
        conversation: &Conversation,
        effect: &Effect,
        cause: Option<&Cause>,
        marker: &Marker,
    ) -> Result<Marked, StoreError> {
        let mut transaction = Transaction::default();
        let read = Precondition::exactly(conversation.version);
        let mut claim = None;
        let itself = match effect {
            Effect::Nothing => None,
            Effect::Update(patch) => {
                let transition = Transition::of_patch(patch, self.clock().now());
                let (mut update, mut condition) = self.write_transition(conversation.id, &transition);
                if let Some(cause) = cause {
                    update.set(attributes::CAUSE, text(cause));
                }
                if let Some(session) = Session::of(conversation) {
                    let id = conversation.id;
                    (condition, claim) = self.move_session(&mut transaction, id, &session, &transition, condition)?;
                }
                let key = self.keys().conversation(conversation.id);
                Some(transaction.update(self, key, update, condition.version(&read))?)
            }
            Effect::Delete(reason) => {
                let attempt = AttemptId::generate(self.clock());
                let reason = reason.as_ref();
                Some(self.add_deletion(&mut transaction, &conversation.into(), attempt, &read, reason, cause)?)
            }
        };
        let marker_write = self.add_marker(&mut transaction, marker)?;
        match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => Ok(Marked::Written),
            Commit::Failed(failed) if failed.at(marker_write) => Ok(Marked::AlreadyWritten),
            Commit::Failed(failed) if itself.is_some_and(|itself| failed.at(itself)) => Ok(Marked::Changed),
            Commit::Failed(failed) => Err(session_conflict(claim, &failed)
                .unwrap_or_else(|| StoreError::Internal("the externalId belongs to another conversation".to_owned()))),
        }
    }
}
