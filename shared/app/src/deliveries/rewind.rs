//! Sends events again, from a position of the log on.

use deskless_store::RunChanges;

use super::run::Session;
use crate::AppError;

/// The most changes in one transaction.
const CHUNK: usize = 90;
/// The number of undelivered events that are read at once.
const PAGE: usize = 100;

impl Session<'_> {
    /// Moves the cursor before this sequence. Later events no longer wait and are no longer undelivered: they are read again, in order.
    /// The cursor is saved last, so a run that crashes before does it again. Returns `false` if the run no longer has the lease.
    pub(super) async fn rewind(&mut self, from: u64) -> Result<bool, AppError> {
        let mut parts = vec![RunChanges::default()];
        let mut part = |add: &dyn Fn(&mut RunChanges)| {
            if parts.last().is_none_or(|last| last.len() == CHUNK) {
                parts.push(RunChanges::default());
            }
            if let Some(last) = parts.last_mut() {
                add(last);
            }
        };
        for hold in self.holds.values_mut().filter(|hold| !hold.subject.is_replay()) {
            let before = hold.clone();
            hold.truncate(from);
            if hold.is_empty() {
                part(&|changes| changes.released.push(hold.subject.clone()));
            } else if *hold != before {
                part(&|changes| changes.held.push(hold.clone()));
            }
        }
        self.holds.retain(|_, hold| !hold.is_empty());
        let mut before = None;
        loop {
            let page = self.store.list_undelivered(self.run.endpoint, before, PAGE).await?;
            for event in page.events.iter().filter(|event| event.sequence >= from) {
                part(&|changes| changes.delivered.push(event.sequence));
            }
            before = page.next.filter(|&next| next > from);
            if before.is_none() {
                break;
            }
        }
        let mut last = parts.pop().unwrap_or_default();
        for changes in parts {
            if !self.store.save_held(self.run, &changes).await? {
                return Ok(false);
            }
        }
        last.replayed_from = Some(from);
        self.state.cursor = self.state.cursor.min(Some(from.saturating_sub(1)));
        self.state.replay_from = None;
        Ok(self.store.save_delivery_run(self.run, &self.state, &last).await?)
    }
}
