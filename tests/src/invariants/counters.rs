//! Invariants of the counters after all records were delivered.

use std::collections::{BTreeMap, HashMap};

use super::is_id;
use crate::Row;

const STATUSES: [&str; 3] = ["open", "waiting", "solved"];
/// Stands for no assignee and no inbox in the key of a cell.
const NONE: &str = "-";

/// The numbers of conversations by workspace, assignee, inbox and status.
type Numbers<'r> = BTreeMap<(&'r str, &'r str, &'r str, &'r str), i64>;

/// The counters of one assignee in one inbox.
pub(super) struct Cell<'r> {
    generation: u64,
    assignee: &'r str,
    inbox: &'r str,
}

impl<'r> Cell<'r> {
    /// Parses a cell; `None` if its key or one of its attributes is unknown.
    pub fn of(row: &'r Row) -> Option<Self> {
        let mut parts = row.sk().split('#');
        let cell = Self { generation: parts.next()?.parse().ok()?, assignee: parts.next()?, inbox: parts.next()? };
        let is_key = [cell.assignee, cell.inbox].iter().all(|part| *part == NONE || is_id(part));
        let is_known = |name: &str| {
            ["pk", "sk", "f", "e", "t"].contains(&name)
                || STATUSES.contains(&name)
                || name.strip_prefix('x').is_some_and(is_id)
        };
        let fits = parts.next().is_none() && is_key && row.0.as_object()?.keys().all(|name| is_known(name));
        fits.then_some(cell)
    }
}

fn workspace(row: &Row) -> &str {
    row.pk().split('#').nth(1).unwrap_or_default()
}

/// Returns the conversations that are counted as something else than they are, and the differences to a recount. Call it
/// after all records were delivered.
#[must_use]
pub fn miscounted(rows: &[Row]) -> Vec<String> {
    let mut broken = Vec::new();
    let generations: HashMap<&str, u64> = rows
        .iter()
        .filter(|row| row.letter() == Some("") && row.sk() == "A")
        .map(|row| (workspace(row), row.number("counters")))
        .collect();
    let states: HashMap<&str, &Row> = rows.iter().filter(|row| row.sk() == "Z").map(|row| (row.pk(), row)).collect();
    let (mut counted, mut there) = (Numbers::new(), Numbers::new());
    for row in rows {
        let generation = generations.get(workspace(row)).copied().unwrap_or_default();
        match (row.letter(), row.sk()) {
            (Some("Z"), _) => {
                let Some(cell) = Cell::of(row).filter(|cell| cell.generation == generation) else { continue };
                for status in STATUSES {
                    let number = row.get(status).and_then(|n| n.parse().ok()).unwrap_or(0);
                    if number != 0 {
                        counted.insert((workspace(row), cell.assignee, cell.inbox, status), number);
                    }
                }
            }
            (Some("C"), "A") if !row.has("deletedAt") => {
                let part = |name| row.get(name).unwrap_or(NONE);
                let (assignee, inbox, counted_status) = (part("assigneeId"), part("inboxId"), part("status"));
                *there.entry((workspace(row), assignee, inbox, counted_status)).or_default() += 1;
                let state = states.get(row.pk());
                let fits = state.is_some_and(|state| {
                    let equal = ["status", "assigneeId", "inboxId"].iter().all(|name| state.get(name) == row.get(name));
                    equal
                        && state.number("generation") == generation
                        && state.number("version") <= row.number("version")
                        && !state.has("expiresAt")
                });
                if !fits {
                    broken.push(format!("{}: is {counted_status} but was last counted as {state:?}", row.pk()));
                }
            }
            _ => {}
        }
    }
    if counted != there {
        broken.push(format!("the counts are {counted:#?}, but there are {there:#?}"));
    }
    broken
}
