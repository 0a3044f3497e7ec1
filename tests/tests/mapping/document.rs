//! Parses `docs/mapping.md`.

use std::collections::BTreeSet;

const TEXT: &str = include_str!("../../../docs/mapping.md");

/// A row of the document.
#[derive(Debug)]
pub struct Line {
    /// The service.
    pub service: String,
    /// The part of its API.
    pub id: String,
    /// The equivalent in our API.
    pub here: String,
}

/// Returns every row, in order.
pub fn rows() -> Vec<Line> {
    let mut rows = Vec::new();
    for section in TEXT.split("\n## ").skip(1) {
        let service = section.lines().next().unwrap_or_default();
        for line in section.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [id, theirs, here] = cells[..] else { panic!("{line}: three cells") };
            assert!(!theirs.is_empty() && !here.is_empty(), "{line}: empty cell");
            rows.push(Line { service: service.to_owned(), id: id.trim_matches('`').to_owned(), here: here.to_owned() });
        }
    }
    assert!(!TEXT.to_lowercase().contains("not yet"), "the document has no open items");
    rows
}

impl Line {
    /// Returns the routes and names that the row mentions and that do not occur in the recorded traffic.
    pub fn unproved(&self, traffic: &str) -> Vec<String> {
        let words = |text: &str| -> BTreeSet<String> {
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
        };
        let seen = words(traffic);
        let spans = self.here.split('`').skip(1).step_by(2);
        spans
            .filter(|span| match span.split_once(" /") {
                Some((method, path)) => !traffic.lines().any(|line| line == format!("{method} /api/v1/{path}")),
                None => !words(span).is_subset(&seen),
            })
            .map(str::to_owned)
            .collect()
    }
}
