//! A cell: the numbers of conversations of one assignee in one inbox, by status.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use deskless_domain::{ConversationId, CountedAs, InboxId, MemberId, Status, Timestamp};

use super::state::CountedState;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    error::{causes, is_transient},
    expression::{Update, number, text},
    item::{FORMAT, FORMAT_ATTRIBUTE, Item, integer, string},
    keys::Key,
    packed::{pack, unpack},
};

/// The maximum number of changes in one update of a cell. Two condition parts and one assignment for each stay under the 4 KB
/// of an expression and the 300 operators of a condition (Amazon DynamoDB quotas, "Expressions").
pub(super) const MOST_CHANGES: usize = 50;

/// The number of listed changes from which on those with a counted state are removed from a cell's list. A cell with this
/// many is under 1 KB.
const MOST_LISTED: usize = 24;

/// The prefix of an attribute that lists a change: the conversation's id follows.
const LISTED: char = 'x';

/// The attribute that counts how often the list was shortened. Updates are conditional on it. An update that was sent before a
/// removal, by a worker that has stopped since, then fails, although the change that it repeats is no longer listed.
const EPOCH: &str = "e";
/// The attribute with the time of the newest change that the counters include.
pub(super) const NEWEST: &str = "t";

/// The assignee and inbox whose conversations a cell counts, in one generation of the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub generation: u64,
    pub assignee: Option<MemberId>,
    pub inbox: Option<InboxId>,
}

impl Cell {
    /// Returns the cell that counts such a conversation.
    pub fn of(generation: u64, counted: CountedAs) -> Self {
        Self { generation, assignee: counted.assignee, inbox: counted.inbox }
    }

    /// Returns the status under which this cell counts such a conversation.
    pub fn counts(self, counted: Option<CountedAs>) -> Option<Status> {
        counted
            .filter(|counted| (self.assignee, self.inbox) == (counted.assignee, counted.inbox))
            .map(|counted| counted.status)
    }
}

/// A change as a cell lists it: the conversation is counted in this version, with this status or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub version: u64,
    pub status: Option<Status>,
}

impl Listed {
    fn write(self) -> String {
        format!("{} {}", self.version, self.status.map_or("-", Status::as_str))
    }

    fn parse(text: &str) -> Option<Self> {
        let (version, status) = text.split_once(' ')?;
        let status = if status == "-" { None } else { Some(Status::parse(status).ok()?) };
        Some(Self { version: version.parse().ok()?, status })
    }
}

/// One conversation's part of an update of a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellChange {
    pub id: ConversationId,
    /// How the cell counts the conversation according to its counted state.
    pub before: Listed,
    /// How it is to count it.
    pub after: Listed,
    /// The time of the change.
    pub at: Timestamp,
}

impl TenantStore {
    /// Brings changes into a cell, each once. Returns the cell's state afterwards.
    pub(super) async fn update_cell(&self, cell: Cell, changes: &[CellChange]) -> Result<CellState, StoreError> {
        let mut state = CellState::of(&self.get(self.cell_key(cell)).await?.unwrap_or_default());
        let mut backoff = self.backoff();
        loop {
            let mut update = Update::default();
            update.set(FORMAT_ATTRIBUTE, number(FORMAT));
            let mut condition = state.unchanged();
            let mut sums: HashMap<Status, i64> = HashMap::new();
            let mut has_changes = false;
            let mut newest = state.newest;
            for (index, CellChange { id, before, after, at }) in changes.iter().enumerate() {
                // The list is newer than the counted state.
                let known: Option<&Listed> = state.listed.get(id);
                if known.is_some_and(|known| known == after || known.version > after.version) {
                    continue;
                }
                has_changes = true;
                newest = newest.max(at.as_millis());
                let is = known.unwrap_or(before);
                add(&mut sums, is.status, after.status);
                let (alias, value) = (format!("x{index}"), condition.value(text(is.write())));
                update.set_as(&alias, &listed_attribute(*id), text(after.write()));
                condition = condition.and(if known.is_some() {
                    format!("#{alias} = {value}")
                } else {
                    format!("(attribute_not_exists(#{alias}) OR #{alias} = {value})")
                });
            }
            if !has_changes {
                // An earlier attempt, whose response was lost, or another worker has brought in all of them.
                return Ok(state);
            }
            for (status, sum) in sums {
                update.add_signed(status.as_str(), sum);
            }
            update.set(NEWEST, number(newest));
            match self.send_cell_update(cell, update, condition, &mut backoff).await? {
                CellUpdate::Done(item) => return Ok(CellState::of(&item)),
                CellUpdate::Conflict(item) => {
                    state = CellState::of(&item);
                    backoff.check("a counter keeps changing")?;
                }
            }
        }
    }

    /// Removes listed changes whose counted state is written, if the list is long. `states` are known counted states.
    pub(super) async fn shorten_cell(
        &self,
        cell: Cell,
        state: CellState,
        states: &HashMap<ConversationId, CountedState>,
    ) -> Result<(), StoreError> {
        if state.listed.len() <= MOST_LISTED {
            return Ok(());
        }
        let unknown: Vec<_> = state.listed.keys().copied().filter(|id| !states.contains_key(id)).take(100).collect();
        let read = self.counted_states(unknown.into_iter()).await?;
        let mut update = Update::default();
        let mut condition = Condition::none();
        let mut sums: HashMap<Status, i64> = HashMap::new();
        let mut removed = 0;
        // This worker's changes first: no other worker removes them.
        let (own, others): (Vec<_>, Vec<_>) = state.listed.into_iter().partition(|(id, _)| states.contains_key(id));
        for (id, listed) in own.into_iter().chain(others) {
            let Some(settled) = settled(cell, listed, states.get(&id).or_else(|| read.get(&id))) else { continue };
            // A worker has stopped after it had updated this cell, and newer versions were counted in others since.
            if settled.status != listed.status {
                add(&mut sums, listed.status, settled.status);
            }
            let (alias, value) = (format!("x{removed}"), condition.value(text(listed.write())));
            condition = condition.and(format!("#{alias} = {value}"));
            update.remove_as(&alias, &listed_attribute(id));
            removed += 1;
            if removed == 2 * MOST_CHANGES {
                break;
            }
        }
        if removed > 0 {
            update.add(EPOCH, 1);
            for (status, sum) in sums {
                update.add_signed(status.as_str(), sum);
            }
            // If another worker has listed a newer change, or if there is a conflict, a later update shortens the list.
            match self.update_if(self.cell_key(cell), update, condition).await {
                Ok(_) | Err(StoreError::Unavailable(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn cell_key(&self, cell: Cell) -> Key {
        self.keys().counter(cell.generation, cell.assignee, cell.inbox)
    }

    async fn send_cell_update(
        &self,
        cell: Cell,
        update: Update,
        condition: Condition,
        backoff: &mut Backoff<'_>,
    ) -> Result<CellUpdate, StoreError> {
        let (expression, condition_expression) = (update.expression(), condition.expression());
        let (names, values) = condition.placeholders(update);
        let request = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(self.cell_key(cell).attributes()))
            .update_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_condition_expression(condition_expression)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        loop {
            let error = match request.clone().send().await {
                Ok(output) => return Ok(CellUpdate::Done(output.attributes.unwrap_or_default())),
                Err(error) => error,
            };
            if let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() {
                return Ok(CellUpdate::Conflict(failed.item().cloned().unwrap_or_default()));
            }
            if !is_transient(&error) {
                return Err(StoreError::from_sdk(&error));
            }
            backoff.pause(&causes(&error)).await?;
        }
    }
}

/// The result of one update of a cell, with the cell's item.
enum CellUpdate {
    Done(Item),
    /// The cell lists other changes than expected.
    Conflict(Item),
}

fn listed_attribute(id: ConversationId) -> String {
    format!("{LISTED}{}", pack(id))
}

/// Adds the difference between two statuses of a conversation.
fn add(sums: &mut HashMap<Status, i64>, from: Option<Status>, to: Option<Status>) {
    if let Some(status) = from {
        *sums.entry(status).or_default() -= 1;
    }
    if let Some(status) = to {
        *sums.entry(status).or_default() += 1;
    }
}

/// Returns the change as the cell is to list it, given the conversation's counted state; `None` if that is not written yet. The
/// counted state of a deleted conversation expires.
fn settled(cell: Cell, listed: Listed, state: Option<&CountedState>) -> Option<Listed> {
    match state {
        None => listed.status.is_none().then_some(listed),
        Some(state) if state.generation != cell.generation || state.version < listed.version => None,
        Some(state) if state.version == listed.version => Some(listed),
        Some(state) => Some(Listed { version: state.version, status: cell.counts(state.counted) }),
    }
}

/// What updates of a cell depend on.
#[derive(Debug)]
pub(super) struct CellState {
    /// The changes that the cell lists.
    listed: HashMap<ConversationId, Listed>,
    /// How often its list was shortened.
    epoch: i64,
    /// The time of the newest change that it includes, in milliseconds since 1970.
    newest: i64,
}

impl CellState {
    fn of(item: &Item) -> Self {
        Self {
            listed: all_listed(item),
            epoch: integer(item, EPOCH).unwrap_or(0),
            newest: integer(item, NEWEST).unwrap_or(0),
        }
    }

    /// Returns the condition that the list was not shortened since.
    fn unchanged(&self) -> Condition {
        Condition::none().equals_or_missing(EPOCH, (self.epoch > 0).then(|| number(self.epoch)))
    }
}

fn all_listed(item: &Item) -> HashMap<ConversationId, Listed> {
    let ids = item.keys().filter_map(|name| Some((name, unpack(name.strip_prefix(LISTED)?)?)));
    ids.filter_map(|(name, id)| Some((id, Listed::parse(string(item, name)?)?))).collect()
}

#[cfg(test)]
mod tests {
    use deskless_domain::Status;

    use super::Listed;

    #[test]
    fn listed_changes_are_read_as_written() {
        for listed in [Listed { version: 12, status: Some(Status::Open) }, Listed { version: 3, status: None }] {
            assert_eq!(Listed::parse(&listed.write()), Some(listed));
        }
        assert_eq!(Listed::parse("12"), None);
        assert_eq!(Listed::parse("12 gone"), None);
    }
}
