//! Members: people who work in the workspace.

use deserr::Deserr;
use deskless_api::{InvalidRequest, Optional, object_tag, resource, shape::Shape};
use deskless_domain::{Clock, Email, InvalidField, Member, MemberRole, PersonName, Resource};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"member"`
    MemberTag = "member"
);

/// A person who works in the workspace.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub struct MemberObject {
    object: MemberTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    name: PersonName,
    #[schema(value_type = String)]
    email: Email,
    role: MemberRole,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
    /// The time at which it was archived, by deleting it. `null` if it was not.
    #[schema(required, format = "date-time")]
    archived_at: Option<String>,
}

impl From<&Resource<Member>> for MemberObject {
    fn from(resource: &Resource<Member>) -> Self {
        let Member { name, email, role } = &resource.fields;
        Self {
            object: MemberTag,
            id: resource.id.to_string(),
            name: name.clone(),
            email: email.clone(),
            role: *role,
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
            archived_at: resource.archived_at.map(|time| time.to_string()),
        }
    }
}

/// A member to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateMemberRequest {
    /// The display name.
    name: PersonName,
    /// The email address.
    email: Email,
    /// The default is `agent`.
    #[deserr(default = MemberRole::Agent)]
    #[schema(required = false)]
    role: MemberRole,
}

/// An update of a member. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdateMemberRequest {
    /// The display name.
    #[deserr(default)]
    #[schema(value_type = PersonName, required = false)]
    name: Optional<PersonName>,
    /// The email address.
    #[deserr(default)]
    #[schema(value_type = Email, required = false)]
    email: Optional<Email>,
    /// The role.
    #[deserr(default)]
    #[schema(value_type = MemberRole, required = false)]
    role: Optional<MemberRole>,
}

impl Shape for MemberObject {
    type Fields = Member;
    type Create = CreateMemberRequest;
    type Update = UpdateMemberRequest;

    fn make(request: CreateMemberRequest, _: &dyn Clock) -> Result<Member, InvalidField> {
        Ok(Member { name: request.name, email: request.email, role: request.role })
    }

    fn change(fields: Member, request: &UpdateMemberRequest, _: &dyn Clock) -> Result<Member, InvalidField> {
        Ok(Member {
            name: request.name.0.clone().unwrap_or(fields.name),
            email: request.email.0.clone().unwrap_or(fields.email),
            role: request.role.0.unwrap_or(fields.role),
        })
    }
}

resource!(
    Member as MemberObject,
    member,
    members,
    path = "/api/v1/members",
    item = "/api/v1/members/{memberId}",
    id = "memberId",
    tag = "Workspace",
    read = ReadWorkspace,
    write = WriteWorkspace,
    one = "a member",
    many = "members",
    create = CreateMemberRequest,
    update = UpdateMemberRequest,
    delete = "Archives the member: they are no longer listed or assignable. Conversations that are assigned to them keep their name.",
);
