//! Preconditions for optimistic concurrency: an update is allowed only in a version that the caller has read.

/// The versions in which an update is allowed: `If-Match` in HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precondition(Option<Vec<u64>>);

/// The [`Precondition`] does not allow the stored version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionMismatch;

impl Precondition {
    /// Allows every version.
    pub const NONE: Self = Self(None);

    /// Allows these versions. An empty list allows none.
    #[must_use]
    pub fn any_of(versions: Vec<u64>) -> Self {
        Self(Some(versions))
    }

    /// Allows this version only.
    #[must_use]
    pub fn exactly(version: u64) -> Self {
        Self(Some(vec![version]))
    }

    /// Returns the allowed versions; `None` if every version is allowed.
    #[must_use]
    pub fn versions(&self) -> Option<&[u64]> {
        self.0.as_deref()
    }

    /// Checks a stored version.
    ///
    /// # Errors
    /// [`VersionMismatch`] when this version is not allowed.
    pub fn check(&self, version: u64) -> Result<(), VersionMismatch> {
        match &self.0 {
            Some(versions) if !versions.contains(&version) => Err(VersionMismatch),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Precondition, VersionMismatch};

    #[test]
    fn only_listed_versions_are_allowed() {
        assert_eq!(Precondition::NONE.check(7), Ok(()));
        assert_eq!(Precondition::any_of(vec![3, 7]).check(7), Ok(()));
        assert_eq!(Precondition::exactly(3).check(7), Err(VersionMismatch));
        assert_eq!(Precondition::any_of(Vec::new()).check(7), Err(VersionMismatch));
    }
}
