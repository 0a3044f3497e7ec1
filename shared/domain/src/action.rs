use serde::{Deserialize, Serialize};

use crate::{
    ActionFailure, AssistantId, Conversation, ConversationPatch, DeletionReason, Field, FieldChange, Invalid,
    InvalidField, MemberId, PipelineId, PlacementPatch, Resolved, ResolvedFilter, StageId, Status, StatusChange, Tag,
    Tags, Timestamp,
};

/// An action on a conversation, run by a bulk action or an automation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Assigns a member; `None` unassigns.
    Assign(Option<MemberId>),
    /// Assigns an assistant; `None` unassigns.
    AssignAssistant(Option<AssistantId>),
    /// Updates the status.
    UpdateStatus(Resolved),
    /// Moves the conversation to a pipeline stage.
    Move {
        /// The pipeline of the stage.
        pipeline: PipelineId,
        /// The stage.
        stage: StageId,
    },
    /// Adds and removes tags.
    Tag(TagChange),
    /// Deletes the conversation.
    Delete {
        /// The reason for the deletion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<DeletionReason>,
    },
}

/// The effect of an action on one conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// No change: the conversation is already in the requested state.
    Nothing,
    /// An update.
    Update(Box<ConversationPatch>),
    /// A deletion, with its reason.
    Delete(Option<DeletionReason>),
}

/// The decision about one conversation when an action is applied.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Skip the conversation: it does not match the filters, or no longer.
    Skip,
    /// The action fails.
    Fail(ActionFailure),
    /// The action has this effect.
    Apply(Effect),
}

impl Action {
    /// Decides about a conversation; `None` stands for one that does not exist. That is a failure for a conversation listed
    /// by id, without filters.
    #[must_use]
    pub fn decide(&self, conversation: Option<&Conversation>, filters: &[ResolvedFilter], now: Timestamp) -> Decision {
        match conversation {
            None if filters.is_empty() => Decision::Fail(ActionFailure::NotFound),
            None => Decision::Skip,
            Some(conversation) if !filters.iter().all(|filter| filter.matches(conversation, now)) => Decision::Skip,
            Some(conversation) => self.effect(conversation).map_or_else(Decision::Fail, Decision::Apply),
        }
    }

    /// Returns the action's effect on an existing conversation.
    ///
    /// # Errors
    /// [`ActionFailure::TooManyTags`] when the conversation would have more than 20 tags.
    pub fn effect(&self, conversation: &Conversation) -> Result<Effect, ActionFailure> {
        let placement = &conversation.placement;
        let mut patch = ConversationPatch::default();
        match self {
            Self::Assign(member) if *member == placement.assignee_id => {}
            Self::Assign(member) => {
                patch.placement =
                    PlacementPatch { assignee_id: FieldChange::from(*member), ..PlacementPatch::default() };
            }
            Self::AssignAssistant(assistant) if *assistant == placement.assistant_id => {}
            Self::AssignAssistant(assistant) => {
                patch.placement =
                    PlacementPatch { assistant_id: FieldChange::from(*assistant), ..PlacementPatch::default() };
            }
            Self::UpdateStatus(state) if is_in_state(conversation, *state) => {}
            Self::UpdateStatus(state) => patch.state = StatusChange::Status(*state),
            Self::Move { pipeline, stage }
                if (placement.pipeline_id, placement.stage_id) == (Some(*pipeline), Some(*stage)) => {}
            Self::Move { pipeline, stage } => {
                let (pipeline_id, stage_id) = (FieldChange::Set(*pipeline), FieldChange::Set(*stage));
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

/// Returns whether a conversation already has this status and, if one is given, this resolution.
fn is_in_state(conversation: &Conversation, state: Resolved) -> bool {
    match state {
        Resolved::Yes(Some(resolution)) => conversation.resolution == Some(resolution),
        Resolved::Yes(None) => conversation.status == Status::Solved,
        Resolved::No(status) => conversation.status == status,
    }
}

/// Tags to add and to remove: at least one tag, and none in both lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagChange {
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    add: Tags,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    remove: Tags,
}

impl TagChange {
    /// Creates a change of tags.
    ///
    /// # Errors
    /// When both lists are empty, or a tag is in both.
    pub fn new(add: Tags, remove: Tags) -> Result<Self, InvalidField> {
        if add.is_empty() && remove.is_empty() {
            let nothing = Invalid::new("required", "or `remove` must have at least one tag");
            return Err(InvalidField::new(Field::TagsToAdd, nothing));
        }
        if let Some(tag) = remove.as_slice().iter().find(|tag| add.as_slice().contains(tag)) {
            let both =
                Invalid::new("invalid", format!("must not have the tag {:?}, which `add` has too", tag.as_str()));
            return Err(InvalidField::new(Field::TagsToRemove, both));
        }
        Ok(Self { add, remove })
    }

    /// Returns the tags to add.
    #[must_use]
    pub fn added(&self) -> &Tags {
        &self.add
    }

    /// Returns the tags to remove.
    #[must_use]
    pub fn removed(&self) -> &Tags {
        &self.remove
    }

    /// Returns the tags after the change: the remaining ones in their order, then the added ones.
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
    fn added_tags_follow_the_remaining_ones() {
        let change = TagChange::new(tags(&["c", "a"]), tags(&["b", "x"])).expect("a change");
        assert_eq!(change.apply(&tags(&["a", "b"])), Ok(tags(&["a", "c"])));
    }

    #[test]
    fn empty_or_conflicting_tag_change_is_rejected() {
        assert_eq!(TagChange::new(tags(&[]), tags(&[])).expect_err("nothing to do").field, Field::TagsToAdd);
        assert_eq!(TagChange::new(tags(&["a"]), tags(&["b", "a"])).expect_err("both").field, Field::TagsToRemove);
    }

    #[test]
    fn more_than_20_tags_are_refused() {
        let full: Vec<_> = (0..20).map(|i| i.to_string()).collect();
        let full = tags(&full.iter().map(String::as_str).collect::<Vec<_>>());
        let more = TagChange::new(tags(&["x"]), tags(&[])).expect("a change");
        assert_eq!(more.apply(&full), Err(ActionFailure::TooManyTags));
        let other = TagChange::new(tags(&["x"]), tags(&["7"])).expect("a change");
        assert_eq!(other.apply(&full).expect("20 again").as_slice().len(), 20);
    }
}
