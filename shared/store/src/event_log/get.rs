use deskless_domain::LoggedEvent;

use crate::{StoreError, TenantStore};

impl TenantStore {
    /// AP-172: reads one event: its segment, then itself, strongly consistent. Returns `None` if there is none, or it has expired.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn get_event(&self, sequence: u64) -> Result<Option<LoggedEvent>, StoreError> {
        let Some(segment) = self.segment_at(sequence).await? else { return Ok(None) };
        let index = usize::try_from(sequence.saturating_sub(segment.first)).unwrap_or(usize::MAX);
        let Some(reference) = segment.events.get(index).filter(|_| segment.is_kept(self.clock().now())) else {
            return Ok(None);
        };
        self.get(reference.key(self.keys())).await?.map(|found| self.read_event(found)).transpose()
    }
}
