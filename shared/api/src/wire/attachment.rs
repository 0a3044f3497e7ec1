//! Attachments of messages.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{Attachment, ContentType, ConversationId, File, FileCategory, FileId, FileTitle, Invalid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{InvalidRequest, Problem};

/// A file to attach to a message.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = AttachmentRequest, rename_all = "camelCase")]
pub struct AttachmentRequest {
    /// A registered file of the same conversation. With a server key, a file of the workspace is possible too.
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
        let refuse = |code, text: String| Err(InvalidRequest::at(location, &Invalid::new(code, text)));
        if all.len() > Attachment::MOST {
            return refuse("too_many", format!("must have at most {} files; it has {}", Attachment::MOST, all.len()));
        }
        let repeated = all.iter().enumerate().find(|(i, one)| all[..*i].iter().any(|two| two.file_id == one.file_id));
        match repeated {
            Some((_, one)) => refuse("duplicate", format!("must not repeat a file; {} is repeated", one.file_id)),
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

    /// Returns the attachments for the files that were found, in the order of their ids. `at` is the prefix of `attachments` in
    /// the body: empty or `message.`.
    ///
    /// # Errors
    /// `invalid_request` with each file that does not exist, is not registered or may not be attached. The text is the same
    /// for all three.
    pub fn resolve(
        &self,
        found: Vec<Option<File>>,
        may_attach: impl Fn(&File) -> bool,
        at: &str,
    ) -> Result<Vec<Attachment>, Problem> {
        let none =
            Invalid::new("not_found", "must be the id of a registered file that can be attached in this conversation");
        let mut wrong = Vec::new();
        let mut attachments = Vec::new();
        for (i, file) in found.into_iter().enumerate() {
            match file.filter(&may_attach) {
                Some(file) => attachments.push(Attachment::from(file)),
                None => wrong.extend(InvalidRequest::one(format!("{at}attachments[{i}].fileId"), &none).0),
            }
        }
        if wrong.is_empty() { Ok(attachments) } else { Err(Problem::invalid(wrong)) }
    }
}

/// Whether a file may be attached in this conversation; `None` stands for a conversation that is being created.
pub(super) fn fits(file: &File, conversation: Option<ConversationId>) -> bool {
    file.draft.conversation_id.is_none() || file.draft.conversation_id == conversation
}

/// An attachment of a message. It stays the same when the file is deleted. The file itself then gives a 404.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Attachment)]
pub struct AttachmentObject {
    #[schema(format = "uuid")]
    file_id: String,
    #[schema(value_type = String)]
    name: FileTitle,
    #[schema(value_type = String)]
    content_type: ContentType,
    /// In bytes.
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
