//! Counts conversations, each version once.

use std::collections::{HashMap, HashSet};

use deskless_domain::{ConversationId, CountedAs, Timestamp};
use futures_util::future::try_join_all;

use super::{
    cell::{Cell, CellChange, Listed, MOST_CHANGES},
    state::CountedState,
};
use crate::{StoreError, TenantStore};

/// What a conversation is to be counted as in one of its versions.
#[derive(Debug, Clone, Copy)]
pub struct ConversationToCount {
    /// The conversation.
    pub id: ConversationId,
    /// The version.
    pub version: u64,
    /// What it is counted as; `None` for a deleted conversation.
    pub counted: Option<CountedAs>,
    /// The time of the change.
    pub at: Timestamp,
}

/// The step of one conversation: from its counted state to the new one.
struct Step {
    id: ConversationId,
    before: Option<CountedState>,
    after: CountedState,
    at: Timestamp,
}

impl TenantStore {
    /// AP-42: counts conversations after they have changed. Only a version that is newer than the counted one has an effect,
    /// so changes can be repeated and in any order.
    ///
    /// Changes are counted together: one write for each conversation, and one for each cell that they touch.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn count_conversations(&self, changes: &[ConversationToCount]) -> Result<(), StoreError> {
        let Some(settings) = self.store().settings(self.workspace_id()).await? else { return Ok(()) };
        self.count_in_generation(settings.counters.write, changes).await
    }

    /// Counts conversations in one generation of the counters.
    pub(super) async fn count_in_generation(
        &self,
        generation: u64,
        changes: &[ConversationToCount],
    ) -> Result<(), StoreError> {
        let mut all: HashMap<ConversationId, Vec<&ConversationToCount>> = HashMap::new();
        for change in changes {
            all.entry(change.id).or_default().push(change);
        }
        let all: Vec<_> = all.into_values().collect();
        for chunk in all.chunks(MOST_CHANGES) {
            self.count_chunk(generation, chunk).await?;
        }
        Ok(())
    }

    /// Counts the newest change of each conversation. `changes` has all changes of each.
    async fn count_chunk(&self, generation: u64, changes: &[Vec<&ConversationToCount>]) -> Result<(), StoreError> {
        let mut backoff = self.backoff();
        // What an earlier attempt, of this worker or of one that has stopped, may have counted the conversations as.
        let mut touched: HashMap<ConversationId, HashSet<CountedAs>> = HashMap::new();
        for change in changes.iter().filter(|changes| changes.len() > 1).flatten() {
            touched.entry(change.id).or_default().extend(change.counted);
        }
        let newest = changes.iter().filter_map(|changes| changes.iter().max_by_key(|change| change.version));
        let mut due: Vec<&ConversationToCount> = newest.copied().collect();
        loop {
            let states = self.counted_states(due.iter().map(|change| change.id)).await?;
            // A recount has started that this process does not know of yet.
            let generation = states.values().map(|state| state.generation).fold(generation, u64::max);
            for change in &due {
                // A worker may have stopped after it had counted this version, and others have counted newer ones since.
                if states.get(&change.id).is_some_and(|state| state.version > change.version) {
                    touched.entry(change.id).or_default().extend(change.counted);
                }
            }
            let steps: Vec<_> = due
                .iter()
                .map(|change| Step::of(change, states.get(&change.id).copied(), generation))
                .filter(|step| !step.is_done() || touched.contains_key(&step.id))
                .collect();
            if steps.is_empty() {
                return Ok(());
            }
            let mut cells: HashMap<Cell, Vec<CellChange>> = HashMap::new();
            for step in &steps {
                let touched = touched.entry(step.id).or_default();
                touched.extend(step.counted());
                let of_step: HashSet<_> = touched.iter().map(|&counted| Cell::of(generation, counted)).collect();
                for cell in of_step {
                    cells.entry(cell).or_default().push(step.change_of(cell));
                }
            }
            let cells: Vec<_> = cells.into_iter().collect();
            let listed = try_join_all(cells.iter().map(|(cell, changes)| self.update_cell(*cell, changes))).await?;
            let written = try_join_all(steps.iter().map(|step| async {
                let is_written =
                    step.is_done() || self.put_counted_state(step.id, step.before.as_ref(), step.after).await?;
                Ok::<_, StoreError>((step.id, step.after, is_written))
            }))
            .await?;
            let (done, lost): (Vec<_>, Vec<_>) = written.into_iter().partition(|(_, _, is_written)| *is_written);
            let states: HashMap<_, _> = done.into_iter().map(|(id, state, _)| (id, state)).collect();
            let shortened =
                cells.iter().zip(listed).map(|((cell, _), listed)| self.shorten_cell(*cell, listed, &states));
            try_join_all(shortened).await?;
            if lost.is_empty() {
                return Ok(());
            }
            // Another worker has counted these conversations at the same time.
            due.retain(|change| lost.iter().any(|(id, ..)| *id == change.id));
            backoff.pause("a conversation's counted state keeps changing").await?;
        }
    }
}

impl Step {
    fn of(change: &ConversationToCount, before: Option<CountedState>, generation: u64) -> Self {
        let newest = before.filter(|before| before.version >= change.version);
        let (version, counted) =
            newest.map_or((change.version, change.counted), |newest| (newest.version, newest.counted));
        Self { id: change.id, before, after: CountedState { generation, version, counted }, at: change.at }
    }

    /// Returns whether the counted state is already the new one.
    fn is_done(&self) -> bool {
        self.before == Some(self.after)
    }

    /// Returns the counted state, if this generation of the counters includes it.
    fn included(&self) -> Option<CountedState> {
        self.before.filter(|before| before.generation == self.after.generation)
    }

    /// Returns what it is counted as before and after.
    fn counted(&self) -> impl Iterator<Item = CountedAs> {
        [self.included().and_then(|state| state.counted), self.after.counted].into_iter().flatten()
    }

    fn change_of(&self, cell: Cell) -> CellChange {
        let listed = |state: CountedState| Listed { version: state.version, status: cell.counts(state.counted) };
        CellChange {
            id: self.id,
            before: self.included().map_or(Listed { version: 0, status: None }, listed),
            after: listed(self.after),
            at: self.at,
        }
    }
}
