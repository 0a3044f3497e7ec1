//! The directory: names of the resources that conversations refer to.

use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

use deskless_domain::{AssistantId, Identifier, InboxId, Kind, MemberId, PipelineId, Placement, Stage, StageId};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::item::{ARCHIVED_AT, FIELDS, unreadable};
use crate::{
    StoreError, TenantStore,
    expression::text,
    item::{self, FORMAT_ATTRIBUTE, Item, string},
    packed::unpack,
};

/// How long a process caches names: 30 s. A renamed resource may appear under its old name for as long.
const TTL_MS: i64 = 30_000;
/// The maximum number of collections that a process caches.
pub(crate) const CACHED: NonZeroUsize = NonZeroUsize::new(200).expect("200 is not zero");

/// The name of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// The display name.
    pub name: String,
    /// Whether it is archived. New references to it are refused.
    pub archived: bool,
}

/// The names of one collection.
#[derive(Debug, Default)]
pub(crate) struct Names {
    entries: HashMap<[u8; 16], DirectoryEntry>,
    /// The stages, for pipelines only.
    stages: HashMap<StageId, (PipelineId, DirectoryEntry)>,
}

/// The names of some kinds of resources, archived ones included.
#[derive(Debug, Clone, Default)]
pub struct Directory(HashMap<Kind, Arc<Names>>);

impl Directory {
    /// Returns an inbox, archived or not.
    #[must_use]
    pub fn inbox(&self, id: InboxId) -> Option<&DirectoryEntry> {
        self.entry(Kind::Inbox, id)
    }

    /// Returns a member, archived or not.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<&DirectoryEntry> {
        self.entry(Kind::Member, id)
    }

    /// Returns an assistant, archived or not.
    #[must_use]
    pub fn assistant(&self, id: AssistantId) -> Option<&DirectoryEntry> {
        self.entry(Kind::Assistant, id)
    }

    /// Returns a pipeline, archived or not.
    #[must_use]
    pub fn pipeline(&self, id: PipelineId) -> Option<&DirectoryEntry> {
        self.entry(Kind::Pipeline, id)
    }

    /// Returns a stage and its pipeline, archived or not. The stages of an archived pipeline are archived.
    #[must_use]
    pub fn stage(&self, id: StageId) -> Option<(PipelineId, &DirectoryEntry)> {
        let (pipeline, entry) = self.0.get(&Kind::Pipeline)?.stages.get(&id)?;
        Some((*pipeline, entry))
    }

    fn entry(&self, kind: Kind, id: impl Identifier) -> Option<&DirectoryEntry> {
        self.0.get(&kind)?.entries.get(&id.to_bytes())
    }
}

/// The names that one placement refers to, in a form that is recorded with an idempotent outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlacementNames {
    inbox: Option<DirectoryEntry>,
    assignee: Option<DirectoryEntry>,
    assistant: Option<DirectoryEntry>,
    pipeline: Option<DirectoryEntry>,
    stage: Option<DirectoryEntry>,
}

impl PlacementNames {
    /// Takes the names of a placement from the directory.
    #[must_use]
    pub fn of(placement: &Placement, names: &Directory) -> Self {
        Self {
            inbox: placement.inbox_id.and_then(|id| names.inbox(id)).cloned(),
            assignee: placement.assignee_id.and_then(|id| names.member(id)).cloned(),
            assistant: placement.assistant_id.and_then(|id| names.assistant(id)).cloned(),
            pipeline: placement.pipeline_id.and_then(|id| names.pipeline(id)).cloned(),
            stage: placement.stage_id.and_then(|id| names.stage(id)).map(|(_, entry)| entry).cloned(),
        }
    }

    /// Returns a directory with these names only.
    #[must_use]
    pub fn into_directory(self, placement: &Placement) -> Directory {
        fn names<I: Identifier>(id: Option<I>, entry: Option<DirectoryEntry>) -> Names {
            let entries = id.map(Identifier::to_bytes).zip(entry).into_iter().collect();
            Names { entries, stages: HashMap::new() }
        }
        let mut pipelines = names(placement.pipeline_id, self.pipeline);
        let stage = placement.stage_id.zip(placement.pipeline_id).zip(self.stage);
        pipelines.stages = stage.map(|((stage, pipeline), entry)| (stage, (pipeline, entry))).into_iter().collect();
        let kinds = [
            (Kind::Inbox, names(placement.inbox_id, self.inbox)),
            (Kind::Member, names(placement.assignee_id, self.assignee)),
            (Kind::Assistant, names(placement.assistant_id, self.assistant)),
            (Kind::Pipeline, pipelines),
        ];
        Directory(kinds.into_iter().map(|(kind, names)| (kind, Arc::new(names))).collect())
    }
}

/// The attributes of a resource's item that are needed for its name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamedItem {
    fields: NamedFields,
    #[serde(default)]
    archived_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct NamedFields {
    name: String,
    #[serde(default)]
    stages: Vec<Stage>,
}

impl TenantStore {
    /// AP-20: returns the names of these kinds, at most 30 s old. One query for each kind that is not cached, all at the
    /// same time.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn directory(&self, kinds: &[Kind]) -> Result<Directory, StoreError> {
        self.look_up(kinds, false).await
    }

    /// AP-20: reads the names of these kinds, strongly consistent, without the cache. For a resource that is missing from
    /// the cached names or archived there: it may have been created or restored since.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn fresh_directory(&self, kinds: &[Kind]) -> Result<Directory, StoreError> {
        self.look_up(kinds, true).await
    }

    async fn look_up(&self, kinds: &[Kind], fresh: bool) -> Result<Directory, StoreError> {
        let now = self.clock().now();
        let each = kinds.iter().map(|&kind| async move {
            let cached = self.caches().names.get(&(self.workspace_id(), kind), now, TTL_MS);
            if let (Some(names), false) = (cached, fresh) {
                return Ok((kind, names));
            }
            let names = Arc::new(self.read_names(kind, fresh).await?);
            self.caches().names.put((self.workspace_id(), kind), Arc::clone(&names), now);
            Ok::<_, StoreError>((kind, names))
        });
        Ok(Directory(try_join_all(each).await?.into_iter().collect()))
    }

    async fn read_names(&self, kind: Kind, consistent: bool) -> Result<Names, StoreError> {
        let mut items = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk")
            .projection_expression(format!("sk, #format, #fields.#name, #fields.#stages, {ARCHIVED_AT}"))
            .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
            .expression_attribute_names("#fields", FIELDS)
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#stages", "stages")
            .expression_attribute_values(":pk", text(self.keys().collection(kind)))
            .consistent_read(consistent)
            .into_paginator()
            .items()
            .send();
        let mut names = Names::default();
        while let Some(found) = items.next().await {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            let id = string(&found, "sk").and_then(unpack).ok_or_else(unreadable)?;
            let NamedItem { fields, archived_at } = item::read(found)?;
            let archived = archived_at.is_some();
            for stage in fields.stages {
                let entry = DirectoryEntry { name: stage.name.to_string(), archived: archived || stage.archived };
                names.stages.insert(stage.id, (id, entry));
            }
            names.entries.insert(id.to_bytes(), DirectoryEntry { name: fields.name, archived });
        }
        Ok(names)
    }
}
