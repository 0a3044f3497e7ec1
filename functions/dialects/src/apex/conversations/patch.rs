use axum::extract::RawQuery;
use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, Caller, IfMatch, InvalidRequest, Optional, Patch, Problem, Reply, Whole, dialect::respond,
    scope::WriteConversations,
};
use deskless_app::{
    AppError, TenantStore,
    conversations::{self, ConversationView},
};
use deskless_domain::{
    AssistantId, ConversationId, ConversationPatch, MemberId, PipelineId, PlacementPatch, Precondition, ReadMark,
    Resolved, StageId, Status, StatusChange, Timestamp,
};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{SERVICE, metadata, row};
use crate::apex::{error::bad_request, organization, query::Query};

/// How often an update of the metadata is tried while others write it.
const ATTEMPTS: usize = 5;

/// The service's status of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
pub enum ApexStatus {
    /// Not solved.
    Open,
    /// Solved.
    Closed,
}

impl From<ApexStatus> for Resolved {
    fn from(status: ApexStatus) -> Self {
        match status {
            ApexStatus::Open => Self::No(Status::Open),
            ApexStatus::Closed => Self::Yes(None),
        }
    }
}

/// An update of a conversation.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct PatchConversation {
    #[deserr(default)]
    organization_id: Option<String>,
    #[deserr(default)]
    status: Optional<ApexStatus>,
    #[deserr(default)]
    assigned_user_id: Optional<Option<MemberId>>,
    #[deserr(default)]
    assigned_ai_assistant_id: Optional<Option<AssistantId>>,
    #[deserr(default)]
    pipeline_id: Optional<Option<PipelineId>>,
    #[deserr(default)]
    pipeline_stage_id: Optional<Option<StageId>>,
    #[deserr(default)]
    unread_count: Optional<Whole>,
    #[deserr(default)]
    ai_context_cut: Optional<Option<Timestamp>>,
    #[deserr(default)]
    ai_auto_assignment_disabled: Optional<bool>,
    #[deserr(default)]
    ai_auto_assignment_disabled_reason: Optional<Option<String>>,
    #[deserr(default)]
    blocked: Optional<bool>,
}

impl PatchConversation {
    /// Returns the patch, and the values that are kept in the metadata.
    fn into_parts(self) -> Result<(ConversationPatch, Map<String, Value>), Problem> {
        let mut kept = Map::new();
        let mut keep = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                let _ = kept.insert(name.to_owned(), value);
            }
        };
        keep(
            "ai_context_cut",
            self.ai_context_cut.0.map(|time| time.map_or(Value::Null, |time| json!(time.to_string()))),
        );
        keep("ai_auto_assignment_disabled", self.ai_auto_assignment_disabled.0.map(|is| json!(is)));
        keep("ai_auto_assignment_disabled_reason", self.ai_auto_assignment_disabled_reason.0.map(|text| json!(text)));
        keep("blocked", self.blocked.0.map(|is| json!(is)));
        let read = match self.unread_count.0 {
            None => None,
            Some(Whole(0)) => Some(ReadMark::Everything),
            Some(_) => {
                let message =
                    "must be 0, which marks all messages as read. Messages that were read cannot become unread";
                return Err(bad_request("unread_count", message));
            }
        };
        let patch = ConversationPatch {
            state: self.status.0.map_or(StatusChange::Keep, |status| StatusChange::Status(status.into())),
            placement: PlacementPatch {
                assignee_id: self.assigned_user_id.change(),
                assistant_id: self.assigned_ai_assistant_id.change(),
                pipeline_id: self.pipeline_id.change(),
                stage_id: self.pipeline_stage_id.change(),
                ..PlacementPatch::default()
            },
            read,
            ..ConversationPatch::default()
        };
        if patch.is_empty() && kept.is_empty() {
            return Err(bad_request("", "must have at least one field to update"));
        }
        Ok((patch, kept))
    }
}

/// Updates a conversation.
pub async fn patch(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    RawQuery(query): RawQuery,
    IfMatch(precondition): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<PatchConversation>>,
) -> Reply {
    let mut query = Query::of_one(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    query.refuse_conditions()?;
    organization::check(&caller, request.organization_id.as_deref())?;
    let (patch, kept) = request.into_parts()?;
    let store = caller.store();
    let updated = if kept.is_empty() {
        conversations::update(store, id, patch, &precondition).await?
    } else {
        update_with_metadata(store, id, patch, &kept, &precondition).await?
    };
    let found = row(&store.workspace_id().to_string(), &updated.conversation, &updated.names);
    respond(StatusCode::OK, &query.selected(found))
}

/// Updates a conversation and some values in its metadata, over the version that was read.
async fn update_with_metadata(
    store: &TenantStore,
    id: ConversationId,
    patch: ConversationPatch,
    kept: &Map<String, Value>,
    precondition: &Precondition,
) -> Result<ConversationView, Problem> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let read = conversations::get(store, id).await?.conversation;
        precondition.check(read.version).map_err(|_| AppError::VersionMismatch)?;
        let metadata = Some(metadata::merge(&read.metadata, kept)?);
        let exactly = Precondition::exactly(read.version);
        match conversations::update(store, id, ConversationPatch { metadata, ..patch.clone() }, &exactly).await {
            Err(AppError::VersionMismatch) if attempt < ATTEMPTS => {}
            updated => return Ok(updated?),
        }
    }
}
