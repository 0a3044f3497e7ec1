use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{AssistantId, Description, Title};

/// A program that answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assistant {
    /// What people call it.
    pub name: Title,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
}

impl Collected for Assistant {
    type Id = AssistantId;
    const KIND: Kind = Kind::Assistant;
}
