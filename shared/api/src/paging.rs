//! Cursors and limits.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{ConversationId, Invalid, MessageId, Order, WorkspaceId};
use sha2::{Digest, Sha256};

use crate::{Code, InvalidRequest, Problem, fields::string};

/// How many rows a page shall have: from 1 to `MAX`, or `DEFAULT`.
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

/// One walk through one list: whose, which, and with what filters. A cursor goes on with the walk that it was made in
/// and with no other.
#[derive(Debug)]
pub struct Walk([u8; 32]);

const VERSION: u8 = 1;
const TAG: usize = 8;

impl Walk {
    /// Names a walk. `parts` are the route and every filter as it was understood, the order included.
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

    /// The walk through a conversation's messages.
    #[must_use]
    pub fn thread(workspace: WorkspaceId, conversation: ConversationId, order: Order) -> Self {
        Self::new(workspace, &["messages", &conversation.to_string(), order.as_str()])
    }

    /// An opaque text for these places: a version, the places, and a digest of both together with the walk.
    #[must_use]
    pub fn cursor(&self, places: &[MessageId]) -> String {
        let places: Vec<u8> = places.iter().flat_map(|place| *place.as_bytes()).collect();
        self.seal(&places)
    }

    /// An opaque text for a place in a list that is not sorted by ids.
    #[must_use]
    pub fn seal(&self, place: &[u8]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(place);
        let tag = self.tag(&bytes);
        bytes.extend(tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the place that was sealed.
    ///
    /// # Errors
    /// `invalid_cursor` when the cursor is damaged or was made in another walk.
    pub fn unseal(&self, cursor: &str) -> Result<Vec<u8>, Problem> {
        self.opened(cursor).ok_or_else(Self::refused)
    }

    /// Reads the `N` places of a cursor.
    ///
    /// # Errors
    /// `invalid_cursor` when it is damaged or was made in another walk.
    pub fn places<const N: usize>(&self, cursor: &str) -> Result<[MessageId; N], Problem> {
        self.read(cursor).ok_or_else(Self::refused)
    }

    /// What is said of a cursor that is none of this walk's, also where its place makes no sense.
    #[must_use]
    pub fn refused() -> Problem {
        Problem::new(
            Code::InvalidCursor,
            "This cursor is damaged or was made by another list: with other filters, in another order or by another key's \
             workspace. Start again without one.",
        )
    }

    fn read<const N: usize>(&self, cursor: &str) -> Option<[MessageId; N]> {
        let bytes = self.opened(cursor)?;
        if bytes.len() != 16 * N {
            return None;
        }
        let mut places = [MessageId::FIRST; N];
        for (place, bytes) in places.iter_mut().zip(bytes.chunks_exact(16)) {
            *place = MessageId::from_bytes(bytes.try_into().ok()?);
        }
        Some(places)
    }

    fn opened(&self, cursor: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (bytes, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG)?)?;
        let (version, place) = bytes.split_first()?;
        (*version == VERSION && self.tag(bytes) == tag).then(|| place.to_vec())
    }

    fn tag(&self, bytes: &[u8]) -> [u8; TAG] {
        let digest = Sha256::new_with_prefix(self.0).chain_update(bytes).finalize();
        let mut tag = [0; TAG];
        tag.copy_from_slice(&digest[..TAG]);
        tag
    }
}
