//! The wire format of predefined messages.

use deskless_api::{envelope, object_tag};
use deskless_domain::{Author, PredefinedMessage, PredefinedMessageType, Resource, Template, Title};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"predefined_message"`
    PredefinedMessageTag = "predefined_message"
);

/// A reply that is saved as a template.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PredefinedMessage)]
pub struct PredefinedMessageObject {
    object: PredefinedMessageTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    title: Title,
    /// The text, with its variables.
    #[schema(value_type = String)]
    content: Template,
    message_type: PredefinedMessageType,
    /// The file that is attached to messages.
    #[schema(required, format = "uuid")]
    file_id: Option<String>,
    /// The API key that created it.
    created_by: AuthorObject,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

/// The API key that created a resource.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Author)]
pub struct AuthorObject {
    #[schema(format = "uuid")]
    id: String,
    /// The name of the key at that time.
    #[schema(value_type = String)]
    name: Title,
}

impl From<&Author> for AuthorObject {
    fn from(author: &Author) -> Self {
        Self { id: author.id.to_string(), name: author.name.clone() }
    }
}

impl From<&Resource<PredefinedMessage>> for PredefinedMessageObject {
    fn from(resource: &Resource<PredefinedMessage>) -> Self {
        let PredefinedMessage { title, content, message_type, file, created_by, retitled_at: _ } = &resource.fields;
        Self {
            object: PredefinedMessageTag,
            id: resource.id.to_string(),
            title: title.clone(),
            content: content.clone(),
            message_type: *message_type,
            file_id: file.map(|file| file.id.to_string()),
            created_by: created_by.into(),
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
        }
    }
}

envelope!(
    Resource<PredefinedMessage> => PredefinedMessageObject, predefined_message, predefined_messages,
    PredefinedMessageResponse, PredefinedMessageListResponse
);
