//! Running an automation, step by step.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{Action, ActionFailure, AutomationId, Execution, ExecutionId, MessageDraft, Reason};

use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    conversation::{Act, Acted},
    expression::{number, text},
    item::Item,
    transaction::{Outcome, Slot, Transaction},
};

/// A run that has work left, as a record of the stream tells.
#[derive(Debug)]
pub struct ExecutionJob {
    /// Its workspace's items.
    pub tenant: TenantStore,
    /// Of which automation.
    pub automation_id: AutomationId,
    /// Which one.
    pub id: ExecutionId,
    /// Its version, which says how far it had come.
    pub(crate) version: u64,
}

/// What came of writing how far a run has come.
#[derive(Debug)]
pub enum Taken {
    /// It is written: so the run stands now.
    Now(Box<Execution>),
    /// Somebody else has taken this step: the stream hands them what comes next.
    Before,
}

impl ExecutionJob {
    /// AP-86: the run, if it still stands where the record says. If it does not, somebody has taken it further, and what
    /// they wrote calls for the next step.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn execution(&self) -> Result<Option<Execution>, StoreError> {
        let found = self.tenant.find_execution(self.automation_id, self.id).await?;
        Ok(found.filter(|execution| execution.version == self.version && !execution.is_over()))
    }
}

impl TenantStore {
    /// AP-90: writes how far a run has come, where nothing else is written with it. Nobody takes a step twice: it is written
    /// over the version before only.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn note_execution(&self, next: Execution) -> Result<Taken, StoreError> {
        let mut transaction = Transaction::default();
        let _ = self.add_progress(&mut transaction, &next)?;
        Ok(match transaction.commit(self, &mut Backoff::new(self.clock())).await? {
            Outcome::Committed => Taken::Now(Box::new(next)),
            // It may have been this very write, whose answer was lost. What it wrote calls for the next step.
            Outcome::Refused(_) => Taken::Before,
        })
    }

    /// AP-91: carries out an action of a run's next step, in one transaction with how far the run has come then.
    ///
    /// # Errors
    /// When the table does not answer, or the conversation keeps changing.
    pub async fn act_in(&self, execution: &Execution, action: &Action) -> Result<Taken, StoreError> {
        let act = Act { action, filters: &[], key: None, cause: Some(cause(execution)) };
        let witness = |transaction: &mut Transaction, outcome| {
            self.add_progress(transaction, &self.after_step(execution, outcome))
        };
        let acted = self.act(execution.conversation_id, &act, None, witness).await?;
        Ok(self.taken(execution, &acted))
    }

    /// AP-92: adds the message of a run's next step to the thread, in one transaction with how far the run has come then.
    ///
    /// # Errors
    /// When the table does not answer, or other writers were faster for eight seconds.
    pub async fn post_in(&self, execution: &Execution, draft: &MessageDraft) -> Result<Taken, StoreError> {
        let witness = |transaction: &mut Transaction, outcome| {
            self.add_progress(transaction, &self.after_step(execution, outcome))
        };
        let acted = self.post(execution.conversation_id, draft, cause(execution), witness).await?;
        Ok(self.taken(execution, &acted))
    }

    fn add_progress(&self, transaction: &mut Transaction, next: &Execution) -> Result<Slot, StoreError> {
        let before = Item::from([(":before".to_owned(), number(next.version - 1))]);
        transaction.put_with(self, self.execution_item(next)?, Some("version = :before"), before)
    }

    fn after_step(&self, execution: &Execution, outcome: Result<(), ActionFailure>) -> Execution {
        let reason = |failure: ActionFailure| Reason::new(failure.as_str(), failure.message());
        execution.after_step(outcome.map_err(reason), self.clock().now())
    }

    fn taken(&self, execution: &Execution, acted: &Acted) -> Taken {
        match acted {
            Acted::Done => Taken::Now(Box::new(self.after_step(execution, Ok(())))),
            Acted::Failed(failure) => Taken::Now(Box::new(self.after_step(execution, Err(*failure)))),
            Acted::Left | Acted::Witnessed(_) => Taken::Before,
        }
    }
}

fn cause(execution: &Execution) -> AttributeValue {
    text(execution.cause())
}
