//! Agents and teams.

use deskless_api::{ApiPath, Caller, Reply, scope::ReadWorkspace};
use deskless_app::resources;
use deskless_domain::Member;

use super::{dto::AgentObject, path::InAccount, query::shown};

/// Lists agents: the members of the workspace.
pub async fn list(caller: Caller<ReadWorkspace>, ApiPath(path): ApiPath<InAccount>) -> Reply {
    let account = path.account.of(caller.store())?;
    let members = resources::all::<Member>(caller.store()).await?;
    let agents: Vec<_> = members.iter().map(|member| AgentObject::new(member, &account)).collect();
    shown(&agents)
}

/// Lists teams. There are none.
pub async fn list_teams(caller: Caller<ReadWorkspace>, ApiPath(path): ApiPath<InAccount>) -> Reply {
    let _ = path.account.of(caller.store())?;
    let none: [AgentObject; 0] = [];
    shown(&none)
}
