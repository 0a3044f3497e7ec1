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

    /// Returns the email address as it is compared: two spellings of one address are the same.
    fn unique_text(&self) -> Option<String> {
        Some(self.email.normalized())
    }
}
