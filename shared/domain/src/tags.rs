use crate::{Invalid, Tag};

/// The tags of a conversation: at most 20, without duplicates, in their original order.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// The most tags.
    pub const MAX: usize = 20;

    /// Checks the number of tags and drops duplicates.
    ///
    /// # Errors
    /// When there are more than 20.
    pub fn parse(tags: Vec<Tag>) -> Result<Self, Invalid> {
        if tags.len() > Self::MAX {
            let message = format!("must have at most {} tags; it has {}", Self::MAX, tags.len());
            return Err(Invalid::new("too_many", message));
        }
        let mut kept: Vec<Tag> = Vec::with_capacity(tags.len());
        for tag in tags {
            if !kept.contains(&tag) {
                kept.push(tag);
            }
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
