//! The global indexes, and their partitions.

use deskless_domain::{ConversationId, CustomerId};
use sha2::{Digest, Sha256};

/// A global index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index {
    /// Its name.
    pub name: &'static str,
    /// The attribute that is its partition key.
    pub partition: &'static str,
}

/// Conversations by status, customers, predefined messages and tombstones. Sorted by [`ACTIVITY`].
pub(crate) const BY_STATUS: Index = Index { name: "gsi1", partition: "p1" };
/// Conversations by customer. Sorted by [`ACTIVITY`].
pub(crate) const BY_CUSTOMER: Index = Index { name: "gsi2", partition: "p2" };
/// Conversations by assignee. Sorted by [`ACTIVITY`].
pub(crate) const BY_ASSIGNEE: Index = Index { name: "gsi3", partition: "p3" };
/// Conversations by creation: only their keys, which are written once. Sorted by `pk`, which contains the id.
pub(crate) const BY_CREATION: Index = Index { name: "gsi4", partition: "p4" };
/// Items for which something is due at a time, of all workspaces: only their keys. Sorted by [`DUE`].
pub(crate) const BY_DUE_TIME: Index = Index { name: "gsi5", partition: "p5" };
/// The attribute that sorts the fifth index: a time in milliseconds.
pub(crate) const DUE: &str = "due";
/// The number of partitions of the fifth index. Each sweep reads all of them. One takes about 1,000 writes a second.
pub(crate) const DUE_SHARDS: u8 = 4;
/// The attribute that sorts the first three indexes.
pub(crate) const ACTIVITY: &str = "a";

/// Returns the number of a conversation's index partition, less than `shards`. The id's random bits spread conversations
/// evenly.
pub(crate) fn shard_of(id: ConversationId, shards: u8) -> u8 {
    // The byte before the channel is random in every generated id.
    id.as_bytes()[14] % shards.max(1)
}

/// Returns the number of the partition that lists a customer, less than `shards`.
pub(crate) fn shard_of_customer(id: &CustomerId, shards: u8) -> u8 {
    Sha256::digest(id.as_str().as_bytes())[31] % shards.max(1)
}

/// Returns the partition of the fifth index for an item with this partition key.
pub(crate) fn due_partition_of(pk: &str) -> String {
    due_partition(Sha256::digest(pk.as_bytes())[31] % DUE_SHARDS)
}

/// Returns a partition of the fifth index. `shard` starts at 0.
pub(crate) fn due_partition(shard: u8) -> String {
    format!("T#{shard}")
}
