//! Saves what a batch has done.

use deskless_store::RunChanges;

use super::{
    group::{Delivered, Handled},
    run::Session,
};
use crate::AppError;

/// After this many events without a failure, the state is saved. If the run crashes, they are sent again.
const MOST_UNSAVED: usize = 200;

impl Session<'_> {
    /// Saves what follows from a batch, or keeps it for later if only the cursor has moved. Returns `false` if the run no longer has the
    /// lease.
    pub(super) async fn save(&mut self, delivered: Delivered) -> Result<bool, AppError> {
        self.state.cursor = Some(delivered.cursor);
        let mut changes = RunChanges::default();
        for Handled { hold, before, undelivered, delivered, count } in delivered.groups {
            self.unsaved += count;
            changes.undelivered.extend(undelivered);
            changes.delivered.extend(delivered);
            if hold.is_empty() {
                let _ = self.holds.remove(&hold.subject);
                changes.released.extend(before.map(|before| before.subject));
            } else {
                if before.as_ref() != Some(&hold) {
                    changes.held.push(hold.clone());
                }
                let _ = self.holds.insert(hold.subject.clone(), hold);
            }
        }
        if changes.is_empty() && self.unsaved < MOST_UNSAVED {
            return Ok(true);
        }
        self.unsaved = 0;
        Ok(self.store.save_delivery_run(self.run, &self.state, &changes).await?)
    }

    /// Saves the cursor if it has moved past events that were handled. Returns `false` if the run no longer has the lease.
    pub(super) async fn save_cursor(&mut self) -> Result<bool, AppError> {
        if self.unsaved == 0 {
            return Ok(true);
        }
        self.unsaved = 0;
        Ok(self.store.save_delivery_run(self.run, &self.state, &RunChanges::default()).await?)
    }
}
