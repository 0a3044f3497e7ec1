//! The wire format of bulk actions.

use deskless_domain::{ActionFailure, BulkAction, BulkFailure, BulkStatus, BulkTarget, ConversationFilter, ViewId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ActionObject, FilterRequest};

crate::object_tag!(
    /// `"bulk_action"`
    BulkActionTag = "bulk_action"
);

/// A conversation on which the action was not possible.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkActionFailure)]
pub struct FailureObject {
    /// The conversation's id.
    #[schema(format = "uuid")]
    id: String,
    /// A stable code.
    code: ActionFailure,
    /// A message for people.
    text: String,
}

impl From<&BulkFailure> for FailureObject {
    fn from(failure: &BulkFailure) -> Self {
        Self { id: failure.id.to_string(), code: failure.code, text: failure.code.message() }
    }
}

/// One action on many conversations, with its progress.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkAction)]
pub struct BulkActionObject {
    object: BulkActionTag,
    #[schema(format = "uuid")]
    id: String,
    /// The action, as in the request.
    #[schema(value_type = String)]
    action: serde_json::Value,
    /// The fields of the action, as in the request.
    #[schema(value_type = Object)]
    parameters: serde_json::Value,
    /// The filter that conversations must match. `null` for a list of ids.
    #[schema(required, value_type = Option<FilterRequest>)]
    filter: Option<ConversationFilter>,
    /// The saved view whose filter is used. `null` without one.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    view_id: Option<ViewId>,
    /// Whether conversations are only counted.
    dry_run: bool,
    /// A `cancelled` bulk action has stopped when `finishedAt` is set.
    status: BulkStatus,
    /// The number of matching conversations. With a filter it is final only at the end.
    matched_count: u64,
    /// Whether `matchedCount` is final.
    exact: bool,
    /// The number of processed conversations, failures included.
    processed_count: u64,
    /// The number of conversations on which the action is not possible.
    failed_count: u64,
    /// The first 100 failures.
    results: Vec<FailureObject>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(required, format = "date-time")]
    finished_at: Option<String>,
}

impl From<&BulkAction> for BulkActionObject {
    fn from(bulk: &BulkAction) -> Self {
        let mut parameters = serde_json::to_value(ActionObject::from(&bulk.action)).unwrap_or_default();
        let action = parameters.as_object_mut().and_then(|fields| fields.remove("action")).unwrap_or_default();
        let view_id = match bulk.target {
            BulkTarget::View(view, _) => Some(view),
            BulkTarget::Ids | BulkTarget::Filter(_) => None,
        };
        Self {
            object: BulkActionTag,
            id: bulk.id.to_string(),
            action,
            parameters,
            filter: bulk.target.filter().cloned(),
            view_id,
            dry_run: bulk.dry_run,
            status: bulk.status,
            matched_count: bulk.matched,
            exact: bulk.exact,
            processed_count: bulk.processed,
            failed_count: bulk.failed,
            results: bulk.failures.iter().map(FailureObject::from).collect(),
            created_at: bulk.created_at().to_string(),
            finished_at: bulk.finished_at.map(|time| time.to_string()),
        }
    }
}
