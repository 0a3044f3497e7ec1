//! The ids of executions, and digests.

use sha2::{Digest, Sha256};

use crate::{AutomationId, ConversationId, ExecutionId, Timestamp};

impl ExecutionId {
    /// Returns the root cause that stands for one change of a conversation. It is the same each time the change is delivered.
    #[must_use]
    pub fn of_change(conversation: ConversationId, version: u64, time: Timestamp) -> Self {
        Self::hashed(time, &[&conversation.as_bytes()[..], &version.to_be_bytes()])
    }

    /// Returns the id of an automation's execution for a root cause. There is one per automation and root cause, so that
    /// automations that trigger each other are not run once for each possible order.
    #[must_use]
    pub fn of_origin(automation: AutomationId, origin: Self) -> Self {
        Self::hashed(origin.time(), &[&automation.as_bytes()[..], &origin.as_bytes()[..]])
    }

    fn hashed(time: Timestamp, parts: &[&[u8]]) -> Self {
        let digest = parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize();
        let mut bits = [0; 16];
        bits.copy_from_slice(&digest[..16]);
        Self::at(time, u128::from_be_bytes(bits))
    }
}

/// Returns the first 16 bytes of a SHA-256 digest, in hexadecimal.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    format!("{:032x}", u128::from_be_bytes(half))
}
