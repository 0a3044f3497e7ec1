use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{ConversationFilter, Title, ViewId};

/// A saved filter of conversations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// What people call it.
    pub name: Title,
    /// Which conversations it shows.
    pub filter: ConversationFilter,
}

impl Collected for View {
    type Id = ViewId;
    const KIND: Kind = Kind::View;
    const IS_REFERRED_TO: bool = false;
}
