//! The wire format of bulk actions.

use deserr::{Deserr, IntoValue, MergeWithError, Value, ValuePointerRef, take_cf_content};
use deskless_api::{
    InvalidRequest, Json, JsonObject, Reply, accepted, ok,
    openapi::{BASE, flat},
    wire::{ActionObject, ActionRequest, BulkActionObject, FilterRequest},
};
use deskless_app::bulk::{CreateBulkAction, Target};
use deskless_domain::{BulkAction, ConversationFilter, ConversationIds, Invalid, KeyId, ViewId};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// The target: exactly one of `conversationIds`, `filter` and `viewId`.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
struct TargetFields {
    /// At most 1,000 ids. An id that does not exist counts as a failure.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<deskless_domain::ConversationId>>, min_items = 1, max_items = 1000)]
    conversation_ids: Option<ConversationIds>,
    /// Conversations that match this filter when they are processed.
    #[deserr(default)]
    filter: Option<FilterRequest>,
    /// Conversations in this saved view. Later updates of the view have no effect.
    #[deserr(default)]
    view_id: Option<ViewId>,
    /// Must be `true` if and only if the filter is empty, so that every conversation matches.
    #[deserr(default)]
    #[schema(default = false)]
    all: Option<bool>,
    /// Whether to only count the conversations. The default is `false`.
    #[deserr(default)]
    #[schema(default = false)]
    dry_run: Option<bool>,
}

impl TargetFields {
    const NAMES: [&str; 5] = ["conversationIds", "filter", "viewId", "all", "dryRun"];

    fn check(&self, location: ValuePointerRef<'_>) -> Result<(), InvalidRequest> {
        let fields = [
            ("conversationIds", self.conversation_ids.is_some()),
            ("filter", self.filter.is_some()),
            ("viewId", self.view_id.is_some()),
        ];
        let sent: Vec<_> = fields.into_iter().filter_map(|(name, is_sent)| is_sent.then_some(name)).collect();
        match sent.as_slice() {
            [_] => Ok(()),
            [] => {
                let message = "must have `conversationIds`, `filter` or `viewId`";
                Err(InvalidRequest::at(location, &Invalid::new("required", message)))
            }
            [first, second, ..] => {
                let combined = Invalid::new("invalid", format!("cannot be combined with `{first}`"));
                Err(InvalidRequest::at(location.push_key(second), &combined))
            }
        }
    }
}

/// An action with its target. The fields of the action are beside `conversationIds`, `filter` or `viewId`.
#[derive(Debug)]
pub struct CreateBulkActionRequest {
    action: ActionRequest,
    target: TargetFields,
}

impl Deserr<InvalidRequest> for CreateBulkActionRequest {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let (mut target, mut action) = (JsonObject::new(), value.into());
        if let Json::Object(fields) = &mut action {
            target.extend(TargetFields::NAMES.into_iter().filter_map(|name| fields.shift_remove_entry(name)));
        }
        let target = TargetFields::deserialize_from_value(Json::Object(target).into_value(), location);
        let target = target.and_then(|target| target.check(location).map(|()| target));
        let action = ActionRequest::deserialize_from_value(action.into_value(), location);
        match (action, target) {
            (Ok(action), Ok(target)) => Ok(Self { action, target }),
            (Err(errors), Ok(_)) | (Ok(_), Err(errors)) => Err(errors),
            (Err(errors), Err(more)) => Err(take_cf_content(InvalidRequest::merge(Some(errors), more, location))),
        }
    }
}

impl PartialSchema for CreateBulkActionRequest {
    fn schema() -> RefOr<Schema> {
        let text = "An action with its fields, and exactly one of `conversationIds`, `filter` and `viewId`. The fields of the \
                    action depend on `action`.";
        let mut request = flat("action", text, ActionObject::variants());
        if let RefOr::T(Schema::Object(target)) = TargetFields::schema() {
            request.properties.extend(target.properties);
        }
        Schema::from(request).into()
    }
}

impl ToSchema for CreateBulkActionRequest {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ActionObject::schemas(schemas);
        TargetFields::schemas(schemas);
    }
}

impl CreateBulkActionRequest {
    /// Returns the command of this caller.
    pub fn into_command(self, key: KeyId) -> CreateBulkAction {
        let TargetFields { conversation_ids, filter, view_id, all, dry_run } = self.target;
        let target = match (conversation_ids, filter, view_id) {
            (Some(ids), ..) => Target::Ids(ids),
            (None, _, Some(view)) => Target::View(view),
            (None, filter, None) => {
                Target::Filter(filter.map_or_else(ConversationFilter::default, |filter| filter.filter()))
            }
        };
        let (all, dry_run) = (all.unwrap_or(false), dry_run.unwrap_or(false));
        CreateBulkAction { action: self.action.into_action(), target, all, dry_run, key }
    }
}

/// A bulk action.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkActionResponse {
    bulk_action: BulkActionObject,
}

impl From<&BulkAction> for BulkActionResponse {
    fn from(bulk: &BulkAction) -> Self {
        Self { bulk_action: bulk.into() }
    }
}

/// Returns 200 for a finished bulk action, 202 for a running one.
pub fn reply(bulk: &BulkAction) -> Reply {
    let response = BulkActionResponse::from(bulk);
    match bulk.finished_at {
        Some(_) => ok(bulk.version, &response),
        None => accepted(format!("{BASE}/bulk-actions/{}", bulk.id), bulk.version, &response),
    }
}
