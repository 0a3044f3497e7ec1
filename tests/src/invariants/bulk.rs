//! Invariants of bulk actions after all records were delivered.

use std::collections::BTreeMap;

use super::kind;
use crate::Row;

/// Returns the bulk actions that are unfinished, or whose counts differ from their items.
pub(super) fn unsettled(rows: &[Row]) -> Vec<String> {
    let mut broken = Vec::new();
    // Processed and failed conversations per bulk action.
    let mut done: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| is_bulk(row) && row.sk().starts_with("D#")) {
        let (processed, failed) = done.entry(row.pk()).or_default();
        *processed += 1;
        *failed += u64::from(row.get("failure").is_some());
    }
    for row in rows.iter().filter(|row| is_bulk(row) && row.sk() == "A") {
        if row.get("job").is_some() || row.get("finishedAt").is_none() {
            broken.push(format!("{}: has work left after {} steps", row.pk(), row.number("step")));
        }
        let counted = (row.number("processed"), row.number("failed"));
        let there = done.get(row.pk()).copied().unwrap_or_default();
        let is_dry_run = row.has("dryRun");
        if !is_dry_run && counted != there {
            broken.push(format!("{}: counts {counted:?}, but its items are {there:?}", row.pk()));
        }
    }
    broken
}

fn is_bulk(row: &Row) -> bool {
    kind(row.pk()).is_some_and(|(_, letter, id)| letter == "B" && !id.is_empty())
}
