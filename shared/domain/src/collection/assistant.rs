use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{AssistantId, Description, Title};

/// An assistant: a program that replies to customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assistant {
    /// The display name.
    pub name: Title,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
}

impl Collected for Assistant {
    type Id = AssistantId;
    const KIND: Kind = Kind::Assistant;
}
