//! The automations of an API key: those that run with its rights.

use deskless_domain::{Automation, AutomationId, Clock, InvalidField, KeyId, Precondition, Resource};
use deskless_store::{ResourcePage, TenantStore};

use crate::{
    AppError,
    resources::{self, Patch},
};

/// The number of automations that are read at once, all that a workspace can have.
const PAGE_SIZE: usize = 100;

/// AP-19: Lists automations, oldest first. With a key, only those that run with its rights.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list(
    store: &TenantStore,
    key: Option<KeyId>,
    mut after: Option<AutomationId>,
    limit: usize,
) -> Result<ResourcePage<Automation>, AppError> {
    let Some(key) = key else { return resources::list(store, after, limit).await };
    let mut found: Vec<Resource<Automation>> = Vec::new();
    loop {
        let page = resources::list::<Automation>(store, after, PAGE_SIZE).await?;
        found.extend(page.resources.into_iter().filter(|automation| automation.fields.api_key == Some(key)));
        match page.next {
            Some(next) if found.len() <= limit => after = Some(next),
            _ => break,
        }
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|last| last.id);
    Ok(ResourcePage { resources: found, next })
}

/// Disables an automation as long as it runs with the rights of this key.
struct Disabled(KeyId);

impl Patch<Automation> for Disabled {
    fn apply(&self, automation: Automation, _: &dyn Clock) -> Result<Automation, InvalidField> {
        let enabled = automation.enabled && automation.api_key != Some(self.0);
        Ok(Automation { enabled, ..automation })
    }
}

/// AP-18: Disables all automations that run with the rights of a key, because it was revoked. An automation that another key takes
/// over meanwhile stays enabled.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn disable_all_of(store: &TenantStore, key: KeyId) -> Result<(), AppError> {
    let page = list(store, Some(key), None, PAGE_SIZE).await?;
    for automation in page.resources.iter().filter(|automation| automation.fields.enabled) {
        match resources::update(store, automation.id, &Disabled(key), &Precondition::NONE).await {
            Ok(_) | Err(AppError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
