//! The total of a list of conversations.

use deskless_domain::{ConversationFilter, MessageId, ResolvedFilter, Status, Total};

use super::{by_creation::CreationRows, filter::QueryPlan, list_at::ActivityRows};
use crate::{
    CountFilter, Counts, StoreError, TenantStore,
    scan::{MIN_COUNTED, MOST_COUNTED, Scan},
};

/// The number of rows after a page up to which they are counted although there are counters. Counting them costs 25 read units.
pub(super) const MOST_RECOUNTED: usize = 200;
/// The number of conversations up to which their keys are counted although there are counters. Counting them costs 25 read units.
const MOST_KEYS_RECOUNTED: usize = 2_000;

/// What the counters know of a list whose filters have only a status, an assignee and an inbox.
#[derive(Debug)]
pub(super) struct MaintainedCount {
    /// The number of conversations in the list.
    pub listed: u64,
    /// The counts of the same assignee and inbox, with any status.
    pub counts: Counts,
}

impl TenantStore {
    /// AP-43: reads the number of conversations that match from the counters. `None` if they do not know it.
    pub(super) async fn maintained_count(
        &self,
        filters: &[ConversationFilter],
    ) -> Result<Option<MaintainedCount>, StoreError> {
        let Some((status, filter)) = counted_by(filters) else { return Ok(None) };
        let counts = self.read_counts(&filter).await?;
        let listed = match status {
            None => counts.total(),
            Some(Status::Open) => counts.open,
            Some(Status::Waiting) => counts.waiting,
            Some(Status::Solved) => counts.solved,
        };
        Ok(Some(MaintainedCount { listed, counts }))
    }

    /// AP-43: reads the number of all conversations from the counters, if [`TenantStore::maintained_count`] is that of some of them:
    /// those of an assignee or an inbox.
    pub(super) async fn count_beside(&self, filters: &[ConversationFilter]) -> Result<Option<u64>, StoreError> {
        match counted_by(filters) {
            Some((_, known)) if known.assignee.is_some() || known.inbox.is_some() => {
                Ok(Some(self.read_counts(&CountFilter::default()).await?.total()))
            }
            _ => Ok(None),
        }
    }

    /// AP-133: returns the total of a list of which `seen` rows were seen and others follow after a position.
    ///
    /// - Without filters, or with times of creation only, the keys of conversations are counted, up to 10,000. If the counters say
    ///   that there are more than 2,000, their number is returned.
    /// - With a status, an assignee and an inbox, the counters' number is returned if they say that more than 200 rows follow.
    ///   Otherwise these rows are counted, so that a small list includes what was just created.
    /// - With other filters, rows are counted until 10,000 were evaluated. The total is a lower bound if there are more.
    ///
    /// Counters lag behind a write by seconds, and indexes by a moment.
    pub(super) async fn total_after(
        &self,
        plan: &QueryPlan,
        maintained: Option<&MaintainedCount>,
        scan: &mut Scan<'_, ActivityRows<'_>>,
        after: Option<MessageId>,
        seen: usize,
    ) -> Result<Total, StoreError> {
        if has_only_times(&plan.filters) {
            return self.total_of_keys(&plan.filters, maintained, seen).await;
        }
        let most = match maintained {
            Some(MaintainedCount { listed, .. }) if *listed > (seen + MOST_RECOUNTED) as u64 => {
                return Ok(Total::at_least(*listed, seen as u64));
            }
            Some(_) => 2 * MOST_RECOUNTED,
            None => MOST_COUNTED.saturating_sub(seen).max(MIN_COUNTED),
        };
        let rest = scan.count_after(after, most).await?;
        let seen = (seen + rest.count) as u64;
        Ok(match maintained {
            _ if rest.is_complete => Total::exact(seen),
            Some(maintained) => Total::at_least(maintained.listed, seen),
            None => Total::at_least(seen, seen),
        })
    }

    /// AP-133: returns the total of a list that has no filters but times of creation.
    pub(super) async fn total_of_keys(
        &self,
        filters: &[ResolvedFilter],
        maintained: Option<&MaintainedCount>,
        seen: usize,
    ) -> Result<Total, StoreError> {
        let seen = seen as u64;
        let most = match maintained {
            Some(MaintainedCount { listed, .. }) if *listed > MOST_KEYS_RECOUNTED as u64 => {
                return Ok(Total::at_least(*listed, seen));
            }
            Some(_) => 2 * MOST_KEYS_RECOUNTED,
            None => MOST_COUNTED,
        };
        let rows = CreationRows::new(self, filters, deskless_domain::Order::Desc);
        let all = Scan::new(rows, self.work()).count_after(None, most).await?;
        let counted = seen.max(all.count as u64);
        Ok(match maintained {
            _ if all.is_complete => Total::exact(counted),
            Some(maintained) => Total::at_least(maintained.listed, counted),
            None => Total::at_least(counted, counted),
        })
    }
}

/// Returns the filter of the counters for a list; `None` if a filter has anything that they do not know.
fn counted_by(filters: &[ConversationFilter]) -> Option<(Option<Status>, CountFilter)> {
    fn merge<T: Copy + PartialEq>(merged: &mut Option<T>, value: Option<T>) -> Option<()> {
        match (*merged, value) {
            (Some(one), Some(other)) if one != other => None,
            (one, other) => {
                *merged = one.or(other);
                Some(())
            }
        }
    }
    let (mut status, mut known) = (None, CountFilter::default());
    for filter in filters {
        let others = ConversationFilter { status: None, assignee_id: None, inbox_id: None, ..filter.clone() };
        if others != ConversationFilter::default() {
            return None;
        }
        merge(&mut status, filter.status)?;
        merge(&mut known.assignee, filter.assignee_id)?;
        merge(&mut known.inbox, filter.inbox_id)?;
    }
    Some((status, known))
}

/// Returns whether the filters have only times of creation, which are a range of the index by creation.
pub(super) fn has_only_times(filters: &[ResolvedFilter]) -> bool {
    filters.iter().all(|ResolvedFilter { filter, customers }| {
        let others = ConversationFilter { created_after: None, created_before: None, ..filter.clone() };
        customers.is_none() && others == ConversationFilter::default()
    })
}
