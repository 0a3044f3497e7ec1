use serde::{Deserialize, Serialize};

use crate::{
    ActionFailure, AssistantId, Conversation, ConversationPatch, DeletionReason, Edit, Field, Invalid, InvalidField,
    MemberId, PipelineId, PlacementPatch, Resolved, StageId, Status, StatusChange, Tag, Tags,
};

/// What is done to conversations by a bulk action or an automation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Give it to this member, or to nobody.
    Assign(Option<MemberId>),
    /// Have this assistant answer in it, or none.
    AssignAssistant(Option<AssistantId>),
    /// Put it into this state.
    UpdateStatus(Resolved),
    /// Put it into this stage.
    Move {
        /// The stage's pipeline.
        pipeline: PipelineId,
        /// The stage.
        stage: StageId,
    },
    /// Add labels and take some away.
    Tag(TagChange),
    /// Delete it.
    Delete {
        /// Why, if it was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<DeletionReason>,
    },
}

/// What an action does to one conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Nothing: it is so already.
    Nothing,
    /// This update.
    Update(Box<ConversationPatch>),
    /// Deletes the conversation, for this reason.
    Delete(Option<DeletionReason>),
}

impl Action {
    /// What this does to a conversation that is there.
    ///
    /// # Errors
    /// When the conversation could not be as it would be afterwards.
    pub fn effect(&self, conversation: &Conversation) -> Result<Effect, ActionFailure> {
        let placement = &conversation.placement;
        let mut patch = ConversationPatch::default();
        match self {
            Self::Assign(member) if *member == placement.assignee_id => {}
            Self::Assign(member) => {
                patch.placement = PlacementPatch { assignee_id: Edit::from(*member), ..PlacementPatch::default() };
            }
            Self::AssignAssistant(assistant) if *assistant == placement.assistant_id => {}
            Self::AssignAssistant(assistant) => {
                patch.placement = PlacementPatch { assistant_id: Edit::from(*assistant), ..PlacementPatch::default() };
            }
            Self::UpdateStatus(state) if is_so(conversation, *state) => {}
            Self::UpdateStatus(state) => patch.state = StatusChange::Status(*state),
            Self::Move { pipeline, stage }
                if (placement.pipeline_id, placement.stage_id) == (Some(*pipeline), Some(*stage)) => {}
            Self::Move { pipeline, stage } => {
                let (pipeline_id, stage_id) = (Edit::Set(*pipeline), Edit::Set(*stage));
                patch.placement = PlacementPatch { pipeline_id, stage_id, ..PlacementPatch::default() };
            }
            Self::Tag(change) => {
                let tags = change.apply(&conversation.tags)?;
                patch.tags = Some(tags).filter(|tags| *tags != conversation.tags);
            }
            Self::Delete { reason } => return Ok(Effect::Delete(reason.clone())),
        }
        Ok(if patch.is_empty() { Effect::Nothing } else { Effect::Update(Box::new(patch)) })
    }
}

/// Whether a conversation is in this state already, solved in this way if that was said.
fn is_so(conversation: &Conversation, state: Resolved) -> bool {
    match state {
        Resolved::Yes(Some(resolution)) => conversation.resolution == Some(resolution),
        Resolved::Yes(None) => conversation.status == Status::Solved,
        Resolved::No(status) => conversation.status == status,
    }
}

/// Labels to add and to take away: at least one, none of them both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagChange {
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    add: Tags,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    remove: Tags,
}

impl TagChange {
    /// Puts both together.
    ///
    /// # Errors
    /// When there is nothing to do, or a label is to be added and taken away.
    pub fn new(add: Tags, remove: Tags) -> Result<Self, InvalidField> {
        if add.is_empty() && remove.is_empty() {
            let nothing = Invalid::new("required", "must hold a tag, or remove must");
            return Err(InvalidField::new(Field::TagsToAdd, nothing));
        }
        if let Some(tag) = remove.as_slice().iter().find(|tag| add.as_slice().contains(tag)) {
            let both = Invalid::new("invalid", format!("must not hold {:?}, which add holds too", tag.as_str()));
            return Err(InvalidField::new(Field::TagsToRemove, both));
        }
        Ok(Self { add, remove })
    }

    /// What is added.
    #[must_use]
    pub fn added(&self) -> &Tags {
        &self.add
    }

    /// What is taken away.
    #[must_use]
    pub fn removed(&self) -> &Tags {
        &self.remove
    }

    /// These labels with the change: those that stay first, in their order.
    fn apply(&self, tags: &Tags) -> Result<Tags, ActionFailure> {
        let stay = tags.as_slice().iter().filter(|tag| !self.remove.as_slice().contains(tag));
        let new = self.add.as_slice().iter().filter(|tag| !tags.as_slice().contains(tag));
        let all: Vec<Tag> = stay.chain(new).cloned().collect();
        Tags::parse(all).map_err(|_| ActionFailure::TooManyTags)
    }
}

#[cfg(test)]
mod tests {
    use super::TagChange;
    use crate::{ActionFailure, Field, Tag, Tags};

    fn tags(words: &[&str]) -> Tags {
        let tags = words.iter().map(|word| Tag::parse((*word).to_owned()).expect("a tag"));
        Tags::parse(tags.collect()).expect("few tags")
    }

    #[test]
    fn tags_are_added_behind_those_that_stay() {
        let change = TagChange::new(tags(&["c", "a"]), tags(&["b", "x"])).expect("a change");
        assert_eq!(change.apply(&tags(&["a", "b"])), Ok(tags(&["a", "c"])));
    }

    #[test]
    fn a_change_of_tags_does_something_and_does_not_contradict_itself() {
        assert_eq!(TagChange::new(tags(&[]), tags(&[])).expect_err("nothing to do").field, Field::TagsToAdd);
        assert_eq!(TagChange::new(tags(&["a"]), tags(&["b", "a"])).expect_err("both").field, Field::TagsToRemove);
    }

    #[test]
    fn what_would_have_more_than_20_tags_is_refused() {
        let full: Vec<_> = (0..20).map(|i| i.to_string()).collect();
        let full = tags(&full.iter().map(String::as_str).collect::<Vec<_>>());
        let more = TagChange::new(tags(&["x"]), tags(&[])).expect("a change");
        assert_eq!(more.apply(&full), Err(ActionFailure::TooManyTags));
        let other = TagChange::new(tags(&["x"]), tags(&["7"])).expect("a change");
        assert_eq!(other.apply(&full).expect("20 again").as_slice().len(), 20);
    }
}
