//! The newest sequence that this process knows of.

use crate::{StoreError, TenantStore};

/// How long a process knows a position in a log: one hour.
const KNOWN_MS: i64 = 60 * 60 * 1000;

impl TenantStore {
    /// AP-173: returns whether the log has, or has had, an event with this sequence or a later one. 0 is the position before the first
    /// event. A process remembers the newest sequence, so a reader that polls at the end of the log costs no further read.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn is_in_log(&self, sequence: u64) -> Result<bool, StoreError> {
        let (now, ends) = (self.clock().now(), &self.caches().log_ends);
        if ends.get(&self.workspace_id(), now, KNOWN_MS).is_some_and(|newest| sequence <= newest) {
            return Ok(true);
        }
        let newest = self.newest_sequence().await?;
        ends.put(self.workspace_id(), newest, now);
        Ok(sequence <= newest)
    }
}
