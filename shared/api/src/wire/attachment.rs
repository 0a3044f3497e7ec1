//! Attachments of messages.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{Attachment, ContentType, FileCategory, FileId, FileTitle, Invalid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::InvalidRequest;

/// A file to attach to a message.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = AttachmentRequest, rename_all = "camelCase")]
pub struct AttachmentRequest {
    /// A registered file of the conversation or, with a server key, of the workspace.
    pub file_id: FileId,
}

/// The attachments of a message: at most ten, without duplicates.
#[derive(Debug, Default)]
pub struct AttachmentsRequest(Vec<AttachmentRequest>);

impl Deserr<InvalidRequest> for AttachmentsRequest {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let all = Vec::<AttachmentRequest>::deserialize_from_value(value, location)?;
        let invalid = |code, text: String| Err(InvalidRequest::at(location, &Invalid::new(code, text)));
        if all.len() > Attachment::MAX {
            return invalid("too_many", format!("must have at most {} files; it has {}", Attachment::MAX, all.len()));
        }
        let repeated = all.iter().enumerate().find(|(i, one)| all[..*i].iter().any(|two| two.file_id == one.file_id));
        match repeated {
            Some((_, one)) => invalid("duplicate", format!("must not repeat a file; {} is repeated", one.file_id)),
            None => Ok(Self(all)),
        }
    }
}

impl AttachmentsRequest {
    /// Whether there are no attachments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the ids of the files.
    #[must_use]
    pub fn ids(&self) -> Vec<FileId> {
        self.0.iter().map(|attachment| attachment.file_id).collect()
    }
}

/// An attachment of a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Attachment)]
pub struct AttachmentObject {
    /// The id of the file.
    #[schema(format = "uuid")]
    file_id: String,
    /// The file name.
    #[schema(value_type = String)]
    name: FileTitle,
    #[schema(value_type = String)]
    content_type: ContentType,
    /// The size in bytes.
    size: u64,
    category: FileCategory,
}

impl From<&Attachment> for AttachmentObject {
    fn from(attachment: &Attachment) -> Self {
        Self {
            file_id: attachment.file_id.to_string(),
            name: attachment.name.clone(),
            content_type: attachment.content_type.clone(),
            size: attachment.size.bytes(),
            category: attachment.content_type.category(),
        }
    }
}
