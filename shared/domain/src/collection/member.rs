use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{Email, MemberId, MemberRole, PersonName};

/// A person who works in the workspace. It is a name for others to refer to, and no login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The name as it is shown.
    pub name: PersonName,
    /// The address.
    pub email: Email,
    /// What they are in the workspace.
    pub role: MemberRole,
}

impl Collected for Member {
    type Id = MemberId;
    const KIND: Kind = Kind::Member;
}
