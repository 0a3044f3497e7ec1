use crate::{AssistantId, FieldChange, InboxId, MemberId, PipelineId, StageId};

/// The resources that a conversation refers to: its inbox, assignee, assistant, pipeline and stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Placement {
    /// The inbox in which it arrived.
    pub inbox_id: Option<InboxId>,
    /// The member it is assigned to.
    pub assignee_id: Option<MemberId>,
    /// The assistant it is assigned to.
    pub assistant_id: Option<AssistantId>,
    /// The pipeline.
    pub pipeline_id: Option<PipelineId>,
    /// The stage of that pipeline.
    pub stage_id: Option<StageId>,
}

/// A partial update of a [`Placement`]. A stage and its pipeline are always updated together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlacementPatch {
    /// The inbox in which it arrived.
    pub inbox_id: FieldChange<InboxId>,
    /// The member it is assigned to.
    pub assignee_id: FieldChange<MemberId>,
    /// The assistant it is assigned to.
    pub assistant_id: FieldChange<AssistantId>,
    /// The pipeline.
    pub pipeline_id: FieldChange<PipelineId>,
    /// The stage of that pipeline.
    pub stage_id: FieldChange<StageId>,
}

impl PlacementPatch {
    /// Applies the patch.
    pub fn apply(self, placement: &mut Placement) {
        self.inbox_id.apply(&mut placement.inbox_id);
        self.assignee_id.apply(&mut placement.assignee_id);
        self.assistant_id.apply(&mut placement.assistant_id);
        self.pipeline_id.apply(&mut placement.pipeline_id);
        self.stage_id.apply(&mut placement.stage_id);
    }
}
