//! Page cursors and page sizes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{ConversationId, Invalid, MessageId, Order, WorkspaceId};
use sha2::{Digest, Sha256};

use crate::{Code, InvalidRequest, Problem, fields::string};

/// The page size: 1 to `MAX`. The default is `DEFAULT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit<const DEFAULT: usize, const MAX: usize>(pub usize);

impl<const DEFAULT: usize, const MAX: usize> Default for Limit<DEFAULT, MAX> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: usize, const MAX: usize> Deserr<InvalidRequest> for Limit<DEFAULT, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = string(value, location)?;
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(limit) if digits && (1..=MAX).contains(&limit) => Ok(Self(limit)),
            _ => {
                let message = format!("must be a whole number from 1 to {MAX}");
                Err(InvalidRequest::one("limit", &Invalid::new("out_of_range", message)))
            }
        }
    }
}

/// The scope of a cursor: a workspace, a list and its parameters. A cursor is valid only in the scope in which it was
/// encoded.
#[derive(Debug)]
pub struct CursorScope([u8; 32]);

const VERSION: u8 = 1;
/// The size of a cursor's digest, in bytes. It detects mistakes only: a cursor grants no access, so it does not have to be
/// unforgeable.
const TAG: usize = 8;

impl CursorScope {
    /// Creates a scope. `parts` are the list's name, its filters as they were parsed, and its order.
    #[must_use]
    pub fn new(workspace: WorkspaceId, parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        hash.update(workspace.as_bytes());
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Creates the scope of a conversation's messages.
    #[must_use]
    pub fn messages(workspace: WorkspaceId, conversation: ConversationId, order: Order) -> Self {
        Self::new(workspace, &["messages", &conversation.to_string(), order.as_str()])
    }

    /// Encodes a position that consists of ids.
    #[must_use]
    pub fn encode_ids(&self, ids: &[MessageId]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
        self.encode(&bytes)
    }

    /// Encodes a position as an opaque cursor, safe in URLs: a version byte, the position, and a digest of both and of the
    /// scope.
    #[must_use]
    pub fn encode(&self, position: &[u8]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(position);
        let tag = self.tag(&bytes);
        bytes.extend(tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decodes a position.
    ///
    /// # Errors
    /// `invalid_cursor` when the cursor is damaged or belongs to another scope.
    pub fn decode(&self, cursor: &str) -> Result<Vec<u8>, Problem> {
        self.position(cursor).ok_or_else(Self::invalid_cursor)
    }

    /// Decodes a position that consists of `N` ids.
    ///
    /// # Errors
    /// `invalid_cursor` when the cursor is damaged or belongs to another scope.
    pub fn decode_ids<const N: usize>(&self, cursor: &str) -> Result<[MessageId; N], Problem> {
        self.ids(cursor).ok_or_else(Self::invalid_cursor)
    }

    /// Returns the problem for a cursor that is not valid in its scope, or whose position cannot be decoded.
    #[must_use]
    pub fn invalid_cursor() -> Problem {
        Problem::new(
            Code::InvalidCursor,
            "`cursor` is damaged, or belongs to another list, filter, order or workspace. Send the same parameters as for \
             the previous page, or start again without `cursor`.",
        )
    }

    fn ids<const N: usize>(&self, cursor: &str) -> Option<[MessageId; N]> {
        let bytes = self.position(cursor)?;
        if bytes.len() != 16 * N {
            return None;
        }
        let mut ids = [MessageId::FIRST; N];
        for (id, bytes) in ids.iter_mut().zip(bytes.chunks_exact(16)) {
            *id = MessageId::from_bytes(bytes.try_into().ok()?);
        }
        Some(ids)
    }

    fn position(&self, cursor: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (bytes, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG)?)?;
        let (version, position) = bytes.split_first()?;
        (*version == VERSION && self.tag(bytes) == tag).then(|| position.to_vec())
    }

    fn tag(&self, bytes: &[u8]) -> [u8; TAG] {
        let digest = Sha256::new_with_prefix(self.0).chain_update(bytes).finalize();
        let mut tag = [0; TAG];
        tag.copy_from_slice(&digest[..TAG]);
        tag
    }
}
