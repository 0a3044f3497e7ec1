use deskless_domain::{Member, MemberRole, Resource};
use serde::Serialize;

use crate::chatwoot::{id, path::AccountId};

/// An agent: one of our members.
#[derive(Debug, Serialize)]
pub struct AgentObject {
    id: u64,
    account_id: AccountId,
    availability_status: &'static str,
    auto_offline: bool,
    confirmed: bool,
    email: String,
    available_name: String,
    name: String,
    role: &'static str,
    thumbnail: &'static str,
}

impl AgentObject {
    /// Returns the agent of a member.
    pub fn new(member: &Resource<Member>, account: &AccountId) -> Self {
        let Member { name, email, role } = &member.fields;
        Self {
            id: id::number(member.id),
            account_id: account.clone(),
            availability_status: "offline",
            auto_offline: true,
            confirmed: true,
            email: email.to_string(),
            available_name: name.to_string(),
            name: name.to_string(),
            role: match role {
                MemberRole::Admin => "administrator",
                MemberRole::Agent => "agent",
            },
            thumbnail: "",
        }
    }
}
