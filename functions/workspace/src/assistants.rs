//! Assistants: programs that reply to customers.

use deserr::Deserr;
use deskless_api::{InvalidRequest, Optional, object_tag, resource, shape::Shape};
use deskless_domain::{Assistant, Clock, Description, InvalidField, Resource, Title};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"assistant"`
    AssistantTag = "assistant"
);

/// A program that replies to customers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Assistant)]
pub struct AssistantObject {
    object: AssistantTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    name: Title,
    #[schema(required)]
    description: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
    /// The time at which it was archived, by deleting it. `null` if it was not.
    #[schema(required, format = "date-time")]
    archived_at: Option<String>,
}

impl From<&Resource<Assistant>> for AssistantObject {
    fn from(resource: &Resource<Assistant>) -> Self {
        let Assistant { name, description } = &resource.fields;
        Self {
            object: AssistantTag,
            id: resource.id.to_string(),
            name: name.clone(),
            description: description.as_ref().map(ToString::to_string),
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
            archived_at: resource.archived_at.map(|time| time.to_string()),
        }
    }
}

/// An assistant to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateAssistantRequest {
    /// The name.
    name: Title,
    /// The description.
    #[deserr(default)]
    description: Option<Description>,
}

/// An update of an assistant. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdateAssistantRequest {
    /// The name.
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Optional<Title>,
    /// `null` clears it.
    #[deserr(default)]
    #[schema(value_type = Option<Description>, required = false)]
    description: Optional<Option<Description>>,
}

impl Shape for AssistantObject {
    type Fields = Assistant;
    type Create = CreateAssistantRequest;
    type Update = UpdateAssistantRequest;

    fn make(request: CreateAssistantRequest, _: &dyn Clock) -> Result<Assistant, InvalidField> {
        Ok(Assistant { name: request.name, description: request.description })
    }

    fn change(fields: Assistant, request: &UpdateAssistantRequest, _: &dyn Clock) -> Result<Assistant, InvalidField> {
        Ok(Assistant {
            name: request.name.0.clone().unwrap_or(fields.name),
            description: request.description.0.clone().unwrap_or(fields.description),
        })
    }
}

resource!(
    Assistant as AssistantObject,
    assistant,
    assistants,
    path = "/api/v1/assistants",
    item = "/api/v1/assistants/{assistantId}",
    id = "assistantId",
    tag = "Workspace",
    read = ReadWorkspace,
    write = WriteWorkspace,
    one = "an assistant",
    many = "assistants",
    create = CreateAssistantRequest,
    update = UpdateAssistantRequest,
    delete =
        "Archives the assistant: it is no longer listed or assignable. Conversations that refer to it keep its name.",
);
