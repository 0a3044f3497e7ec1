use crate::{Invalid, Tag};

/// At most 20 different tags, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// The most tags a conversation carries.
    pub const MAX: usize = 20;

    /// Checks their number and drops repeated ones.
    ///
    /// # Errors
    /// When there are more than 20.
    pub fn parse(tags: Vec<Tag>) -> Result<Self, Invalid> {
        if tags.len() > Self::MAX {
            let message = format!("must hold at most {} tags; it has {}", Self::MAX, tags.len());
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

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tags as they are shown.
    #[must_use]
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }
}
