//! The sweeps of what is due.

use deskless_store::DueFeed;
use deskless_timers::{Limits, Report, sweep};

use crate::World;

impl World {
    /// Sweeps what is due now, once.
    pub async fn run_timers(&self) -> Report {
        self.run_timers_within(Limits::default()).await
    }

    /// Sweeps what is due now, once, within these limits.
    pub async fn run_timers_within(&self, limits: Limits) -> Report {
        Box::pin(sweep(&DueFeed::new(self.store.clone()), limits)).await
    }
}
