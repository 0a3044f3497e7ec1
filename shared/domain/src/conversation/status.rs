use crate::{Resolution, Status};

/// A status together with its resolution, so that only solved conversations have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Resolved {
    /// Open or waiting.
    No(Status),
    /// Solved. Without a resolution, a solved conversation keeps its own, and other conversations get `resolved`.
    Yes(Option<Resolution>),
}

impl Resolved {
    /// Combines a status and a resolution. Returns `None` for a resolution with a status other than solved.
    #[must_use]
    pub fn of(status: Status, resolution: Option<Resolution>) -> Option<Self> {
        match (status, resolution) {
            (Status::Solved, resolution) => Some(Self::Yes(resolution)),
            (status, None) => Some(Self::No(status)),
            (_, Some(_)) => None,
        }
    }

    /// Returns the status.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::No(status) => status,
            Self::Yes(_) => Status::Solved,
        }
    }

    /// Returns the resolution of a conversation that was not solved before.
    #[must_use]
    pub fn resolution(self) -> Option<Resolution> {
        match self {
            Self::No(_) => None,
            Self::Yes(resolution) => Some(resolution.unwrap_or(Resolution::Resolved)),
        }
    }
}
