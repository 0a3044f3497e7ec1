//! Whether somebody may save an automation, and whether what it refers to is there.

use deskless_api::{Caller, Code, FieldError, InvalidRequest, Problem, references};
use deskless_domain::{
    Assigned, AutomationAction, AutomationActions, ConversationFilter, Edit, Invalid, PlacementPatch,
    PredefinedMessage, PredefinedMessageId,
};
use deskless_store::{StoreError, TenantStore};

use crate::action::{AutomationActionRequest, OwnActionObject};

/// Demands what the actions need: nobody has done by an automation what they may not do themselves.
///
/// # Errors
/// `forbidden` when the key lacks a scope.
pub fn scopes<S>(caller: &Caller<S>, actions: &[AutomationAction]) -> Result<(), Problem> {
    actions.iter().flat_map(AutomationAction::scopes).try_for_each(|&scope| caller.require(scope))
}

/// What is wrong with parts of a request, all of it together.
#[derive(Debug, Default)]
pub struct Wrong(Vec<FieldError>);

impl Wrong {
    /// Keeps what is wrong with a field; what is no field's fault goes on at once.
    fn keep<T>(&mut self, checked: Result<T, Problem>) -> Result<Option<T>, Problem> {
        match checked {
            Ok(value) => Ok(Some(value)),
            Err(problem) if problem.code() == Code::InvalidRequest && !problem.errors().is_empty() => {
                self.0.extend_from_slice(problem.errors());
                Ok(None)
            }
            Err(problem) => Err(problem),
        }
    }

    /// Refuses the request if anything is wrong.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn refuse(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(InvalidRequest(self.0).into()) }
    }

    /// The actions, once everything that they refer to was found.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn actions(
        &mut self,
        store: &TenantStore,
        requests: Vec<AutomationActionRequest>,
    ) -> Result<Option<AutomationActions>, Problem> {
        let mut actions = Vec::with_capacity(requests.len());
        for (i, request) in requests.into_iter().enumerate().take(AutomationActions::MAX + 1) {
            let at = format!("actions[{i}].");
            let action = match request {
                AutomationActionRequest::Shared(action) => {
                    self.keep(action.check(store, &at).await)?.map(AutomationAction::Act)
                }
                AutomationActionRequest::Own(OwnActionObject::Reply { predefined_message_id: id }) => {
                    self.keep(predefined(store, id, &at).await)?.map(AutomationAction::Reply)
                }
                AutomationActionRequest::Own(OwnActionObject::Note { body }) => Some(AutomationAction::Note(body)),
                AutomationActionRequest::Own(OwnActionObject::CallWebhook { url }) => {
                    Some(AutomationAction::CallWebhook(url))
                }
            };
            actions.extend(action);
        }
        if !self.0.is_empty() {
            return Ok(None);
        }
        self.keep(AutomationActions::parse(actions).map_err(|wrong| InvalidRequest::from(wrong).into()))
    }

    /// Looks for everything that the conditions refer to.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn conditions(&mut self, store: &TenantStore, conditions: &ConversationFilter) -> Result<(), Problem> {
        fn set<T: Copy>(id: Option<T>) -> Edit<T> {
            id.map_or(Edit::Keep, Edit::Set)
        }
        fn someone<T: Copy>(who: Option<Assigned<T>>) -> Edit<T> {
            match who {
                Some(Assigned::To(id)) => Edit::Set(id),
                Some(Assigned::None) | None => Edit::Keep,
            }
        }
        let referred = PlacementPatch {
            inbox_id: set(conditions.inbox_id),
            assignee_id: someone(conditions.assignee_id),
            assistant_id: someone(conditions.assistant_id),
            pipeline_id: set(conditions.pipeline_id),
            stage_id: set(conditions.stage_id),
        };
        self.keep(references::check_at(store, referred, "conditions.").await).map(drop)
    }
}

async fn predefined(store: &TenantStore, id: PredefinedMessageId, at: &str) -> Result<PredefinedMessageId, Problem> {
    match store.get_resource::<PredefinedMessage>(id).await {
        Ok(_) => Ok(id),
        Err(StoreError::NotFound) => {
            let nothing = Invalid::new("not_found", "names nothing in this workspace");
            Err(InvalidRequest::one(format!("{at}predefinedMessageId"), &nothing).into())
        }
        Err(error) => Err(error.into()),
    }
}
