use deskless_domain::{ContentType, ConversationId, File, FileDraft, FileSize, FileStatus, FileTitle, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    item::{self, Item, integer, is_expired, string},
    keys::file_of_pk,
};

/// The names of attributes that more than one operation writes.
pub(super) mod attributes {
    /// Who registered it.
    pub(in crate::file) const ACTOR: &str = "ac";
    /// The entity tag of the object that is being registered.
    pub(in crate::file) const CLAIMED_ETAG: &str = "claimedEtag";
    /// The end of the claim of a registration, in milliseconds.
    pub(in crate::file) const CLAIMED_UNTIL: &str = "claimedUntil";
    pub(in crate::file) const DELETED_AT: &str = "deletedAt";
    pub(in crate::file) const EXPIRES_AT: &str = "expiresAt";
    pub(in crate::file) const SHARED: &str = "shared";
    pub(in crate::file) const STATUS: &str = "status";
    pub(in crate::file) const VERSION: &str = crate::item::VERSION;
}

/// The value of the attribute `job` on a deleted file that is not erased yet. The stream's filter matches items with this
/// attribute, and their expiry.
pub(super) const JOB: &str = "erasure";

/// A file's own item. The id is in the key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<ConversationId>,
    file_name: FileTitle,
    content_type: ContentType,
    size: FileSize,
    status: FileStatus,
    /// Set once the customer can see the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shared: bool,
    #[serde(rename = "v")]
    version: u64,
    /// Set until the file is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

impl TenantStore {
    /// Returns the item of a pending file.
    pub(super) fn file_item(&self, file: &File, expires_at: Timestamp) -> Result<Item, StoreError> {
        let FileDraft { conversation_id, name, content_type, size } = file.draft.clone();
        let attributes = FileItem {
            conversation_id,
            file_name: name,
            content_type,
            size,
            status: file.status,
            shared: file.shared,
            version: file.version,
            expires_at: Some(expires_at.as_seconds()),
        };
        item::write(self.keys().file(file.id), &attributes)
    }
}

/// Converts a file's item. Returns `None` for a file that has expired or is being deleted.
pub(crate) fn read(item: Item, now: Timestamp) -> Result<Option<File>, StoreError> {
    if is_expired(&item, now) || item.contains_key(attributes::DELETED_AT) {
        return Ok(None);
    }
    let id = string(&item, "pk")
        .and_then(file_of_pk)
        .ok_or_else(|| StoreError::Internal("a file's key cannot be read".to_owned()))?;
    let item: FileItem = item::read(item)?;
    let draft = FileDraft {
        conversation_id: item.conversation_id,
        name: item.file_name,
        content_type: item.content_type,
        size: item.size,
    };
    Ok(Some(File { id, draft, status: item.status, shared: item.shared, version: item.version }))
}

/// Returns until when a registration may be copying the file's object; `None` if none is.
pub(super) fn claimed_until(item: &Item, now: Timestamp) -> Option<Timestamp> {
    let until = integer(item, attributes::CLAIMED_UNTIL)
        .filter(|_| string(item, attributes::STATUS) == Some(FileStatus::Pending.as_str()));
    until.map(Timestamp::from_millis).filter(|until| *until > now)
}
