use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{ConversationFilter, Title, ViewId};

/// A view: a saved filter of conversations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The display name.
    pub name: Title,
    /// The filter.
    pub filter: ConversationFilter,
}

impl Collected for View {
    type Id = ViewId;
    const KIND: Kind = Kind::View;
    const IS_REFERRED_TO: bool = false;
}
