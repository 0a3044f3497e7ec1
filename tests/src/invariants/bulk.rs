//! Bulk actions, once everything was delivered.

use std::collections::BTreeMap;

use super::kind;
use crate::Row;

/// Those that have not ended, or that count something else than their rows say.
pub(super) fn unsettled(rows: &[Row]) -> Vec<String> {
    let mut broken = Vec::new();
    // How many conversations each has dealt with, and on how many of them the action was not possible.
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
        let is_dry_run = row.0.get("dryRun").is_some();
        if !is_dry_run && row.get("status") != Some("failed") && counted != there {
            broken.push(format!("{}: has counted {counted:?}, and its rows say {there:?}", row.pk()));
        }
    }
    broken
}

fn is_bulk(row: &Row) -> bool {
    kind(row.pk()).is_some_and(|(_, letter, id)| letter == "B" && !id.is_empty())
}
