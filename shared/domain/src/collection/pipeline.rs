use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{Clock, Field, Invalid, InvalidField, PipelineId, StageId, Title};

/// A pipeline: an ordered list of stages through which conversations move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pipeline {
    /// The display name.
    pub name: Title,
    /// The stages in order, followed by the archived ones, to which conversations may still refer.
    stages: Vec<Stage>,
}

impl Collected for Pipeline {
    type Id = PipelineId;
    const KIND: Kind = Kind::Pipeline;
}

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The id, which stays the same when the stage is renamed or moved.
    pub id: StageId,
    /// The display name.
    pub name: Title,
    /// Whether it is archived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

/// A stage in a request.
#[derive(Debug, Clone)]
pub struct StageDraft {
    /// The id of an existing stage; `None` creates one.
    pub id: Option<StageId>,
    /// The display name.
    pub name: Title,
}

impl Pipeline {
    /// The most stages, not counting archived ones.
    pub const MAX_STAGES: usize = 100;
    /// The most stages, archived ones included. A DynamoDB item is limited to 400 KB.
    const MAX_KEPT: usize = 500;

    /// Creates a pipeline.
    ///
    /// # Errors
    /// When there are too many stages, or a stage has an id.
    pub fn new(name: Title, stages: &[StageDraft], clock: &dyn Clock) -> Result<Self, InvalidField> {
        Self { name, stages: Vec::new() }.rearranged(stages, clock)
    }

    /// Returns the stages in order, without archived ones.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().filter(|stage| !stage.archived)
    }

    /// Returns all stages: in order, followed by the archived ones.
    #[must_use]
    pub fn all_stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Replaces the stages. A stage with an id is renamed and moved, and restored if it was archived. A stage without an id is
    /// created. A stage that is left out is archived.
    ///
    /// # Errors
    /// When there are too many stages, or an id is unknown or repeated.
    pub fn rearranged(self, drafts: &[StageDraft], clock: &dyn Clock) -> Result<Self, InvalidField> {
        let too_many = |message: String| InvalidField::new(Field::Stages, Invalid::new("too_many", message));
        if drafts.len() > Self::MAX_STAGES {
            let message = format!("must have at most {} stages; it has {}", Self::MAX_STAGES, drafts.len());
            return Err(too_many(message));
        }
        let known: HashSet<_> = self.stages.iter().map(|stage| stage.id).collect();
        let mut named = HashSet::new();
        let mut stages = Vec::with_capacity(drafts.len());
        for (i, draft) in drafts.iter().enumerate() {
            let refuse = |code, message: &str| Err(InvalidField::new(Field::StageId(i), Invalid::new(code, message)));
            let id = match draft.id {
                None => StageId::generate(clock),
                Some(id) if !known.contains(&id) => {
                    return refuse("unknown_value", "must be the id of a stage of this pipeline");
                }
                Some(id) if !named.insert(id) => {
                    return refuse("repeated", "must not be the same as that of an earlier stage");
                }
                Some(id) => id,
            };
            stages.push(Stage { id, name: draft.name.clone(), archived: false });
        }
        let left_out = self.stages.into_iter().filter(|stage| !named.contains(&stage.id));
        stages.extend(left_out.map(|stage| Stage { archived: true, ..stage }));
        if stages.len() > Self::MAX_KEPT {
            let message =
                format!("must have at most {} stages, archived ones included. Create a new pipeline", Self::MAX_KEPT);
            return Err(too_many(message));
        }
        Ok(Self { name: self.name, stages })
    }
}

#[cfg(test)]
mod tests {
    use super::{Pipeline, StageDraft};
    use crate::{Clock, Field, StageId, Timestamp, Title};

    #[derive(Debug)]
    struct Counting(std::sync::atomic::AtomicU8);

    impl Clock for Counting {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1)
        }
        fn fill_random(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn draft(id: Option<StageId>, name: &str) -> StageDraft {
        StageDraft { id, name: Title::parse(name.to_owned()).expect("a title") }
    }

    fn shown(pipeline: &Pipeline) -> Vec<&str> {
        pipeline.all_stages().iter().map(|s| if s.archived { "(archived)" } else { s.name.as_str() }).collect()
    }

    #[test]
    fn omitted_stages_are_archived() {
        let clock = Counting(1.into());
        let name = Title::parse("Sales".to_owned()).expect("a title");
        let made = Pipeline::new(name, &[draft(None, "a"), draft(None, "b")], &clock).expect("two new stages");
        let [a, b] = [made.stages[0].id, made.stages[1].id];
        let moved = made.rearranged(&[draft(None, "c"), draft(Some(b), "B")], &clock).expect("known ids");
        assert_eq!(shown(&moved), ["c", "B", "(archived)"]);
        assert_eq!((moved.stages[1].id, moved.stages[2].id), (b, a));
        let back = moved.clone().rearranged(&[draft(Some(a), "a")], &clock).expect("an archived one is known");
        assert_eq!(back.stages().count(), 1);
        let strange = [draft(Some(a), "a"), draft(Some(StageId::generate(&clock)), "x")];
        assert_eq!(moved.clone().rearranged(&strange, &clock).expect_err("unknown").field, Field::StageId(1));
        let twice = [draft(Some(a), "a"), draft(Some(a), "x")];
        assert_eq!(moved.clone().rearranged(&twice, &clock).expect_err("twice").field, Field::StageId(1));
        assert!(moved.rearranged(&vec![draft(None, "x"); 101], &clock).is_err());
    }
}
