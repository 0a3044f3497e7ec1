use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{Email, MemberId, MemberRole, PersonName};

/// A member: a person who works in the workspace. Members have no login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The display name.
    pub name: PersonName,
    /// The email address.
    pub email: Email,
    /// The role in the workspace.
    pub role: MemberRole,
}

impl Collected for Member {
    type Id = MemberId;
    const KIND: Kind = Kind::Member;
}
