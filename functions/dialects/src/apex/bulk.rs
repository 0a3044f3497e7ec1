//! `/conversations-bulk-actions`.

use std::time::Duration;

use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Optional, Problem, Reply, dialect::respond, replayed,
    scope::WriteConversations,
};
use deskless_app::{
    Offset, TenantStore, Total,
    bulk::{self, CreateBulkAction, Target},
    conversations::{self, ListConversationsAt, Sort},
    without_values,
};
use deskless_domain::{
    Action, AssistantId, BulkAction, Channel, ConversationFilter, ConversationId, ConversationIds, MemberId, Order,
    PipelineId, StageId, ViewId,
};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use super::{
    channel,
    conversations::{ApexStatus, with_status},
    error::{bad_request, invalid},
    organization,
};

/// How long a request processes conversations before the worker takes over. Functions time out after 15 s.
const TIMEOUT: Duration = Duration::from_secs(8);

/// A change of many conversations. Each action has fields of its own.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct CreateBulk {
    action: ActionName,
    #[deserr(default)]
    organization_id: Option<String>,
    #[deserr(default)]
    assigned_user_id: Optional<Option<MemberId>>,
    #[deserr(default)]
    assigned_ai_assistant_id: Optional<Option<AssistantId>>,
    #[deserr(default)]
    status: Option<ApexStatus>,
    #[deserr(default)]
    pipeline_id: Option<PipelineId>,
    #[deserr(default)]
    pipeline_stage_id: Option<StageId>,
    #[deserr(default)]
    conversation_ids: Option<Vec<ConversationId>>,
    #[deserr(default)]
    view_id: Option<ViewId>,
    #[deserr(default)]
    filter: Option<BulkFilter>,
}

/// The name of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = InvalidRequest)]
enum ActionName {
    #[deserr(rename = "assign")]
    Assign,
    #[deserr(rename = "update_status")]
    UpdateStatus,
    #[deserr(rename = "assign_ai_assistant")]
    AssignAiAssistant,
    #[deserr(rename = "move")]
    Move,
}

/// A filter of conversations.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
struct BulkFilter {
    #[deserr(default)]
    organization_id: Option<String>,
    #[deserr(default)]
    pipeline_id: Optional<PipelineId>,
    #[deserr(default)]
    pipeline_stage_id: Optional<StageId>,
    #[deserr(default)]
    status: Optional<ApexStatus>,
    #[deserr(default)]
    channel: Optional<String>,
}

impl BulkFilter {
    fn filter(self) -> Result<ConversationFilter, Problem> {
        let channel = |name: String| -> Result<Channel, Problem> {
            let known = channel::NAMES;
            channel::parse(&name)
                .ok_or_else(|| invalid("filter.channel", &deskless_domain::Invalid::unknown_value(&name, known)))
        };
        let filter = ConversationFilter {
            channel: self.channel.0.map(channel).transpose()?,
            pipeline_id: self.pipeline_id.0,
            stage_id: self.pipeline_stage_id.0,
            ..ConversationFilter::default()
        };
        Ok(match self.status.0 {
            Some(status) => with_status(filter, status == ApexStatus::Open),
            None => filter,
        })
    }
}

impl CreateBulk {
    fn action(&self) -> Result<Action, Problem> {
        let fields = [
            ("assigned_user_id", ActionName::Assign, self.assigned_user_id.0.is_some()),
            ("assigned_ai_assistant_id", ActionName::AssignAiAssistant, self.assigned_ai_assistant_id.0.is_some()),
            ("status", ActionName::UpdateStatus, self.status.is_some()),
            ("pipeline_id", ActionName::Move, self.pipeline_id.is_some()),
            ("pipeline_stage_id", ActionName::Move, self.pipeline_stage_id.is_some()),
        ];
        for (name, action, is_sent) in fields {
            match (action == self.action, is_sent) {
                (true, false) => return Err(bad_request(name, "is required with this `action`")),
                (false, true) => return Err(bad_request(name, "is not a field of this `action`")),
                _ => {}
            }
        }
        Ok(match self.action {
            ActionName::Assign => Action::Assign(self.assigned_user_id.0.flatten()),
            ActionName::AssignAiAssistant => Action::AssignAssistant(self.assigned_ai_assistant_id.0.flatten()),
            ActionName::UpdateStatus => Action::UpdateStatus(self.status.unwrap_or(ApexStatus::Open).into()),
            ActionName::Move => match (self.pipeline_id, self.pipeline_stage_id) {
                (Some(pipeline), Some(stage)) => Action::Move { pipeline, stage },
                _ => return Err(bad_request("pipeline_stage_id", "is required with this `action`")),
            },
        })
    }
}

/// The conversations of a bulk action.
struct Matched {
    target: Target,
    total: Total,
    /// Whether the target is every conversation, which the request says by naming its organization.
    is_all: bool,
}

/// Finds the conversations that match a filter. Up to 100 are listed, so that the action is carried out before the response. The status
/// open stands for two of ours, which the filter of a bulk action cannot have, so up to 1,000 open conversations are listed.
async fn matching(
    store: &TenantStore,
    target: Target,
    filters: Vec<ConversationFilter>,
) -> Result<Option<Matched>, Problem> {
    let is_all = filters.iter().all(ConversationFilter::is_empty);
    let is_listed = matches!(&target, Target::Filter(filter) if !filter.any_status.is_empty());
    let (mut ids, mut total) = list(store, &filters, BulkAction::AT_ONCE).await?;
    if is_listed && total.count > ids.len() as u64 {
        (ids, total) = list(store, &filters, ConversationIds::MAX).await?;
        if total.count > ids.len() as u64 {
            let message = format!(
                "matches more than {} open conversations. Add `channel`, `pipeline_id` or `pipeline_stage_id`, or send `view_id`",
                ConversationIds::MAX
            );
            return Err(bad_request("filter", message));
        }
    }
    if total.is_exact && total.count <= ids.len() as u64 {
        let Ok(ids) = ConversationIds::parse(ids) else { return Ok(None) };
        return Ok(Some(Matched { total, target: Target::Ids(ids), is_all: false }));
    }
    Ok(Some(Matched { target, total, is_all }))
}

/// Returns the ids of the first conversations that match, and the number of all.
async fn list(
    store: &TenantStore,
    filters: &[ConversationFilter],
    limit: usize,
) -> Result<(Vec<ConversationId>, Total), Problem> {
    let filters = filters.to_vec();
    let command = ListConversationsAt { filters, sort: Sort::ByActivity(Order::Asc), offset: Offset::START, limit };
    let page = conversations::list_at(store, &command).await?.page;
    Ok((page.rows.iter().map(|conversation| conversation.id).collect(), page.total))
}

/// Changes many conversations. Up to 100 are changed before the response. More are changed in the background, and the response has the
/// number of those that match.
pub async fn create(
    caller: Caller<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateBulk>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    organization::check(&caller, request.organization_id.as_deref())?;
    let action = request.action()?;
    let store = caller.store();
    if let Some(earlier) = bulk::earlier(store, key.as_ref()).await? {
        return replayed(true, respond_with(&earlier, Total::exact(earlier.matched)));
    }
    let matched = match (request.conversation_ids, request.view_id, request.filter) {
        (Some(ids), None, None) => {
            let ids = ConversationIds::parse(ids).map_err(|error| invalid("conversation_ids", &error))?;
            let total = Total::exact(ids.as_slice().len() as u64);
            Some(Matched { target: Target::Ids(ids), total, is_all: false })
        }
        (None, Some(view), None) => {
            let filters = conversations::resolve_filters(store, ConversationFilter::default(), Some(view)).await?;
            matching(store, Target::View(view), filters).await?
        }
        (None, None, Some(filter)) => {
            organization::check(&caller, filter.organization_id.as_deref())?;
            let has_organization = filter.organization_id.is_some();
            let filter = filter.filter()?;
            if filter.is_empty() && !has_organization {
                return Err(bad_request(
                    "filter",
                    "must not be empty. To mean all conversations, send its `organization_id`",
                ));
            }
            matching(store, Target::Filter(filter.clone()), vec![filter]).await?
        }
        _ => {
            let message = "must have exactly one of `conversation_ids`, `view_id` and `filter`";
            return Err(bad_request("", message));
        }
    };
    let Some(Matched { target, total, is_all }) = matched else {
        return respond(
            StatusCode::CREATED,
            &json!({ "processed_count": 0, "failed_count": 0, "status": "succeeded" }),
        );
    };
    let command = CreateBulkAction { action, target, all: is_all, dry_run: false, key: caller.credential().id };
    let is_small = command.is_small();
    let mut created = bulk::create(store, command, key.as_ref()).await?;
    if is_small {
        let (action, error) = bulk::run_within(store, created.outcome.id, TIMEOUT).await?;
        if let Some(error) = error {
            tracing::warn!(bulk_action = %action.id, error = without_values(&error.to_string()), "bulk action interrupted; the worker processes the remaining steps");
        }
        created.outcome = action;
    }
    replayed(created.is_replay, respond_with(&created.outcome, total))
}

/// Returns the response. While the action runs, `processed_count` is the number of conversations that match.
fn respond_with(bulk: &BulkAction, total: Total) -> Reply {
    let (processed, is_exact) = match bulk.finished_at {
        Some(_) => (bulk.processed.saturating_sub(bulk.failed), true),
        None => (total.count, total.is_exact),
    };
    let body = json!({
        "id": bulk.id.to_string(),
        "action": action_name(&bulk.action),
        "status": bulk.status,
        "processed_count": processed,
        "failed_count": bulk.failed,
    });
    let mut response = respond(StatusCode::CREATED, &body)?;
    if !is_exact {
        response.headers_mut().insert(HeaderName::from_static("x-total-exact"), HeaderValue::from_static("false"));
    }
    Ok(response)
}

fn action_name(action: &Action) -> &'static str {
    match action {
        Action::Assign(_) => "assign",
        Action::AssignAssistant(_) => "assign_ai_assistant",
        Action::UpdateStatus(_) => "update_status",
        Action::Move { .. } => "move",
        Action::Tag(_) => "tag",
        Action::Delete { .. } => "delete",
    }
}
