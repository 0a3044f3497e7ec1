//! One action on one conversation, once.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    Action, ActionFailure, AttemptId, Conversation, ConversationFilter, ConversationId, Effect, KeyId,
};

use super::{delete::Deletion, item::Found};
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    item::Item,
    transaction::{Outcome, Slot, Transaction},
};

/// What set a change off: the attribute with which a conversation remembers it.
pub(crate) const CAUSE: &str = "cause";

/// What is done, for whom and under which conditions.
#[derive(Debug, Clone)]
pub(crate) struct Act<'a> {
    /// What is done.
    pub action: &'a Action,
    /// Only while all of these hold, as [`TenantStore::resolve_filters`] gives them.
    pub filters: &'a [ConversationFilter],
    /// Whose doing it is, for the audit of deletions.
    pub key: Option<KeyId>,
    /// What the conversation remembers as the cause of the change.
    pub cause: Option<AttributeValue>,
}

/// What came of an action on a conversation.
#[derive(Debug)]
pub(crate) enum Acted {
    /// It is as it shall be, and was so before perhaps; the witness is written.
    Done,
    /// It is not possible, and will not be; the witness of that is written.
    Failed(ActionFailure),
    /// The filters do not hold, or not any more: perhaps since this was done before, of which the witness tells. Nothing is
    /// written.
    Left,
    /// The witness was refused: this stood there. Nothing is written.
    Witnessed(Option<Item>),
}

impl TenantStore {
    /// AP-70: carries an action out on one conversation, in one transaction with a witness: a write of the caller's that can
    /// be made once only, and that is refused when all of this is tried again. `witness` adds it to the transaction, and
    /// is told what becomes of the conversation.
    ///
    /// The change is conditional on the version that was read, so that the filters and the rules that were checked hold
    /// when it is committed; where somebody was faster, what is there now is looked at anew. What changes nothing writes
    /// the witness alone. `known` is the conversation's item if it was read before; `None` reads it.
    ///
    /// # Errors
    /// When the table does not answer, or the conversation keeps changing.
    pub(crate) async fn act(
        &self,
        id: ConversationId,
        act: &Act<'_>,
        known: Option<Item>,
        witness: impl Fn(&mut Transaction, Result<(), ActionFailure>) -> Result<Slot, StoreError>,
    ) -> Result<Acted, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let mut stored = match known {
            Some(known) => Some(known),
            None => self.get(self.keys().conversation(id)).await?,
        };
        loop {
            let mut transaction = Transaction::default();
            let (itself, outcome) = match self.judge(act, stored.as_ref())? {
                Verdict::Left => return Ok(Acted::Left),
                Verdict::Fails(failure) => (None, Err(failure)),
                Verdict::Holds(conversation, effect) => {
                    (self.add_effect(&mut transaction, act, stored.as_ref(), &conversation, effect)?, Ok(()))
                }
            };
            let witnessed = witness(&mut transaction, outcome)?;
            let refusal = match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => {
                    return Ok(match outcome {
                        Ok(()) => Acted::Done,
                        Err(failure) => Acted::Failed(failure),
                    });
                }
                Outcome::Refused(refusal) => refusal,
            };
            if let Some(standing) = refusal.of(witnessed) {
                return Ok(Acted::Witnessed(standing.item().cloned()));
            }
            let Some(standing) = itself.and_then(|itself| refusal.of(itself)) else {
                return Err(StoreError::Internal("an externalId belongs to another conversation".to_owned()));
            };
            stored = standing.item().cloned();
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("the conversation keeps changing".to_owned()));
            }
        }
    }

    /// The filters as [`Act`] wants them: an email in one stands for the customer who has claimed it. `None`: they hold for
    /// nothing.
    pub(crate) async fn resolve_filters(
        &self,
        filters: &[ConversationFilter],
    ) -> Result<Option<Vec<ConversationFilter>>, StoreError> {
        let resolved = futures_util::future::try_join_all(filters.iter().map(|filter| self.resolve(filter))).await?;
        Ok(resolved.into_iter().collect())
    }

    fn judge(&self, act: &Act<'_>, stored: Option<&Item>) -> Result<Verdict, StoreError> {
        let found = stored.cloned().map(Found::read).transpose()?.flatten();
        let Some(found) = found else {
            let gone = if act.filters.is_empty() { Verdict::Fails(ActionFailure::NotFound) } else { Verdict::Left };
            return Ok(gone);
        };
        let conversation = found.conversation;
        let now = self.clock().now();
        if !act.filters.iter().all(|filter| filter.matches(&conversation, now)) {
            return Ok(Verdict::Left);
        }
        Ok(match act.action.effect(&conversation) {
            Ok(effect) => Verdict::Holds(Box::new(conversation), effect),
            Err(failure) => Verdict::Fails(failure),
        })
    }

    fn add_effect(
        &self,
        transaction: &mut Transaction,
        act: &Act<'_>,
        stored: Option<&Item>,
        conversation: &Conversation,
        effect: Effect,
    ) -> Result<Option<Slot>, StoreError> {
        let id = conversation.id;
        let (mut update, condition) = match &effect {
            Effect::Nothing => return Ok(None),
            Effect::Change(patch) => {
                let attempt = AttemptId::generate(self.clock());
                self.prepare_once(id, patch, attempt, self.clock().now(), Some(&[conversation.version]))
            }
            Effect::Deletion(_) => self.tombstone(AttemptId::generate(self.clock()), Some(&[conversation.version])),
        };
        if let Some(cause) = &act.cause {
            update.set(CAUSE, cause.clone());
        }
        let (Effect::Deletion(reason), Some(stored)) = (effect, stored) else {
            return transaction.update(self, self.keys().conversation(id), update, &condition).map(Some);
        };
        let deletion = Deletion { reason, key: act.key };
        self.bury_under(transaction, id, stored, (update, condition), &deletion).map(Some)
    }
}

enum Verdict {
    Left,
    Fails(ActionFailure),
    Holds(Box<Conversation>, Effect),
}
