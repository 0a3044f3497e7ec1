use std::collections::BTreeSet;

use crate::{Invalid, Tag};

/// The tags of a conversation: at most 20, without duplicates, in their original order.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// The most tags.
    pub const MAX: usize = 20;

    /// Drops duplicates and checks the number of the tags that are left.
    ///
    /// # Errors
    /// When there are more than 20 different ones.
    pub fn parse(tags: Vec<Tag>) -> Result<Self, Invalid> {
        let mut known = BTreeSet::new();
        let kept: Vec<Tag> = tags.into_iter().filter(|tag| known.insert(tag.clone())).collect();
        if kept.len() > Self::MAX {
            let message = format!("must have at most {} different tags; it has {}", Self::MAX, kept.len());
            return Err(Invalid::new("too_many", message));
        }
        Ok(Self(kept))
    }

    /// Returns whether there are no tags.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the tags.
    #[must_use]
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }
}
