use crate::{AssistantId, Edit, InboxId, MemberId, PipelineId, StageId};

/// Where a conversation stands in a workspace, and who works on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Placement {
    /// Where it arrived.
    pub inbox_id: Option<InboxId>,
    /// The member who works on it.
    pub assignee_id: Option<MemberId>,
    /// The assistant who answers in it.
    pub assistant_id: Option<AssistantId>,
    /// The pipeline that it goes through.
    pub pipeline_id: Option<PipelineId>,
    /// How far it got there: a stage of that pipeline.
    pub stage_id: Option<StageId>,
}

/// A partial change of a [`Placement`]. A stage and its pipeline always change together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlacementPatch {
    /// Where it arrived.
    pub inbox_id: Edit<InboxId>,
    /// The member who works on it.
    pub assignee_id: Edit<MemberId>,
    /// The assistant who answers in it.
    pub assistant_id: Edit<AssistantId>,
    /// The pipeline that it goes through.
    pub pipeline_id: Edit<PipelineId>,
    /// How far it got there.
    pub stage_id: Edit<StageId>,
}

impl PlacementPatch {
    /// Carries it out.
    pub fn apply(self, placement: &mut Placement) {
        self.inbox_id.apply(&mut placement.inbox_id);
        self.assignee_id.apply(&mut placement.assignee_id);
        self.assistant_id.apply(&mut placement.assistant_id);
        self.pipeline_id.apply(&mut placement.pipeline_id);
        self.stage_id.apply(&mut placement.stage_id);
    }
}
