//! Admins: our members.

use deskless_api::{ApiPath, ApiQuery, Caller, NoParameters, Problem, Reply, dialect::respond, scope::ReadWorkspace};
use deskless_app::{AppError, TenantStore, members, resources};
use deskless_domain::{Member, MemberId, MemberRole, PersonName, Resource, Sender};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    error::{NO_ADMIN, not_found},
    values::Id,
};

fn admin(member: &Resource<Member>) -> Value {
    json!({
        "type": "admin",
        "id": member.id.to_string(),
        "name": member.fields.name.as_str(),
        "email": member.fields.email.as_str(),
        "job_title": null,
        "away_mode_enabled": false,
        "away_mode_reassign": false,
        "away_status_reason_id": null,
        "has_inbox_seat": true,
        "team_ids": [],
        "avatar": { "type": "avatar", "image_url": null },
    })
}

/// List admins, without archived members.
pub async fn list_admins(caller: Caller<ReadWorkspace>, ApiQuery(NoParameters {}): ApiQuery<NoParameters>) -> Reply {
    let all = all(caller.store()).await?;
    let admins: Vec<_> = all.iter().map(admin).collect();
    respond(StatusCode::OK, &json!({ "type": "admin.list", "admins": admins }))
}

/// Get an admin.
pub async fn get_admin(
    caller: Caller<ReadWorkspace>,
    ApiPath(id): ApiPath<MemberId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let found = resources::get::<Member>(caller.store(), id).await.map_err(no_admin)?;
    respond(StatusCode::OK, &admin(&found))
}

/// Get the admin who stands for the key: the first member with the role `admin`, else the first member. Keys belong to no member.
pub async fn get_me(caller: Caller<ReadWorkspace>, ApiQuery(NoParameters {}): ApiQuery<NoParameters>) -> Reply {
    let store = caller.store();
    let all = all(store).await?;
    let is_admin = |member: &&Resource<Member>| member.fields.role == MemberRole::Admin;
    let key = caller.credential();
    let mut me = match all.iter().find(is_admin).or(all.first()) {
        Some(member) => admin(member),
        None => json!({ "type": "admin", "id": key.id.to_string(), "name": key.name.as_str(), "email": null }),
    };
    me["email_verified"] = json!(true);
    me["app"] = json!({
        "type": "app",
        "id_code": store.workspace_id().to_string(),
        "name": "Deskless",
        "created_at": store.workspace_id().time().as_seconds(),
        "secure": true,
        "identity_verification": true,
        "timezone": "UTC",
        "region": null,
    });
    respond(StatusCode::OK, &me)
}

async fn all(store: &TenantStore) -> Result<Vec<Resource<Member>>, AppError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = resources::list::<Member>(store, after, 500).await?;
        after = page.next;
        all.extend(page.resources);
        if after.is_none() {
            return Ok(all);
        }
    }
}

fn no_admin(error: AppError) -> Problem {
    match error {
        AppError::NotFound => not_found(NO_ADMIN),
        other => other.into(),
    }
}

/// Returns the member with an id, who is not archived, as the author of messages.
///
/// # Errors
/// `not_found` when there is none.
pub async fn author(store: &TenantStore, id: &Id) -> Result<(MemberId, Sender), Problem> {
    let member = MemberId::parse(&id.0).ok_or_else(|| not_found(NO_ADMIN))?;
    let name = members::name(store, member).await.map_err(no_admin)?;
    let id = deskless_domain::ExternalId::parse(member.to_string()).ok();
    Ok((member, Sender { id, name: PersonName::parse(name).ok(), email: None }))
}
