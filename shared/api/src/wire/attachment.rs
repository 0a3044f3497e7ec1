//! Files that come with a message.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{Attachment, ContentType, ConversationId, File, FileCategory, FileId, FileTitle, Invalid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{InvalidRequest, Problem};

/// A file to send along.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = AttachmentRequest, rename_all = "camelCase")]
pub struct AttachmentRequest {
    /// A registered file of the same conversation; with a server key also one of the workspace's.
    pub file_id: FileId,
}

/// At most ten of them, each once.
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
            return refuse("too_many", format!("may have at most {}; it has {}", Attachment::MOST, all.len()));
        }
        let repeated = all.iter().enumerate().find(|(i, one)| all[..*i].iter().any(|two| two.file_id == one.file_id));
        match repeated {
            Some((_, one)) => refuse("duplicate", format!("name the file {} twice", one.file_id)),
            None => Ok(Self(all)),
        }
    }
}

impl AttachmentsRequest {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files that are named.
    #[must_use]
    pub fn ids(&self) -> Vec<FileId> {
        self.0.iter().map(|attachment| attachment.file_id).collect()
    }

    /// What a message keeps of these files, which were found at the places of their ids. `at` is what stands before
    /// `attachments` in the body: nothing, or `message.`.
    ///
    /// # Errors
    /// With every file that is none, is not uploaded or may not be attached here: all the same.
    pub fn resolve(
        &self,
        found: Vec<Option<File>>,
        may_attach: impl Fn(&File) -> bool,
        at: &str,
    ) -> Result<Vec<Attachment>, Problem> {
        let none = Invalid::new("not_found", "names no file that is registered and could be attached here");
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

/// Whether a server key may attach a file in this conversation; `None`: in one that is only being opened.
pub(super) fn fits(file: &File, conversation: Option<ConversationId>) -> bool {
    file.draft.conversation_id.is_none() || file.draft.conversation_id == conversation
}

/// A file as the message keeps it. It stays as it is when the file is deleted; then the file itself is a 404.
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
