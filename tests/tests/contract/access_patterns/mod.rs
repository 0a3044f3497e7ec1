//! Checks that `ACCESS_PATTERNS.md` matches the code: the patterns that exist, and the round trips and capacity units
//! that the engine reports.

mod automations;
mod client_keys;
mod conversations;
mod events;
mod fixture;
mod offsets;
mod resources;
mod timers;

use std::collections::{BTreeMap, BTreeSet};

use deskless_tests::{Meter, Worker};
use http::Method;
use serde_json::json;

use self::fixture::Fixture;

const DOCUMENT: &str = include_str!("../../../../shared/store/ACCESS_PATTERNS.md");

/// A row of the document: round trips, read units, write units, and write units for an item of 1.5 KB.
#[derive(Debug, Clone, PartialEq)]
struct Budget {
    trips: usize,
    reads: f64,
    writes: f64,
    larger: Option<f64>,
}

/// Returns the rows of the budget table by name, such as `AP-09 new customer`.
fn documented() -> BTreeMap<String, Budget> {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| AP-"));
    rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, trips, reads, writes, larger] = cells[..] else { panic!("{line}: expected six cells") };
        let number = |text: &str| text.parse::<f64>().ok();
        let budget = Budget {
            trips: trips.parse().unwrap_or_else(|_| panic!("{line}: trips must be a number")),
            reads: number(reads).unwrap_or_else(|| panic!("{line}: reads must be a number")),
            writes: number(writes).unwrap_or_else(|| panic!("{line}: writes must be a number")),
            larger: number(larger),
        };
        (name.to_owned(), budget)
    })
    .collect()
}

/// Measures each pattern of the document. Each group has its own world, so that none sees another's items.
async fn measure(large: bool) -> BTreeMap<String, Meter> {
    let mut costs = BTreeMap::new();
    let mut record = |name: &str, meter: Meter| costs.insert(name.to_owned(), meter);

    conversations::create(large, &mut record).await;
    conversations::update_and_reply(large, &mut record).await;
    conversations::messages_at_once(large, &mut record).await;
    conversations::provider_messages(large, &mut record).await;
    conversations::delete(large, &mut record).await;
    conversations::count(large, &mut record).await;
    conversations::list(large, &mut record).await;
    resources::bulk_actions(&Fixture::new(large).await, &mut record).await;
    resources::workspace(&Fixture::new(large).await, &mut record).await;
    resources::webhook_endpoints(&Fixture::new(large).await, &mut record).await;
    resources::files(&Fixture::new(large).await, &mut record).await;

    let fixture = Fixture::new(large).await;
    let list = fixture.get("/api/v1/conversations?status=solved").await;
    fixture.world.clock.advance_millis(20_000);
    let meter = fixture.get("/api/v1/conversations?status=solved").await;
    record("AP-01", Meter { trips: meter.trips - list.trips, reads: meter.reads - list.reads, ..Meter::default() });
    automations::measure(large, &mut costs).await;
    client_keys::measure(large, &mut costs).await;
    timers::measure(large, &mut costs).await;
    events::measure(large, &mut costs).await;
    costs
}

#[tokio::test(flavor = "multi_thread")]
async fn documented_budgets_match_the_engine() {
    let (small, large) = tokio::join!(measure(false), measure(true));
    let measured: BTreeMap<_, _> = small
        .into_iter()
        .map(|(name, meter)| {
            let larger = (meter.writes > 0.0).then(|| large[&name].writes);
            (name, Budget { trips: meter.trips, reads: meter.reads, writes: meter.writes, larger })
        })
        .collect();
    let mut documented = documented();
    documented.retain(|name, _| !offsets::measures(name));
    let mut report = String::new();
    for name in measured.keys().chain(documented.keys()).collect::<BTreeSet<_>>() {
        let (actual, expected) = (measured.get(name), documented.get(name));
        if actual != expected {
            report = format!("{report}{name}:\n  measured   {actual:?}\n  documented {expected:?}\n");
        }
    }
    assert!(report.is_empty(), "ACCESS_PATTERNS.md and the engine differ:\n{report}");
}

/// The same for lists by offset. They need many items and write nothing.
#[tokio::test(flavor = "multi_thread")]
async fn budgets_of_lists_by_offset_match_the_engine() {
    let mut measured = BTreeMap::new();
    offsets::list(&mut |name, meter| measured.insert(name.to_owned(), meter)).await;
    let mut documented = documented();
    documented.retain(|name, _| offsets::measures(name));
    let measured: BTreeMap<_, _> =
        measured.into_iter().map(|(name, meter)| (name, (meter.trips, meter.reads))).collect();
    let documented: BTreeMap<_, _> = documented.into_iter().map(|(name, row)| (name, (row.trips, row.reads))).collect();
    assert_eq!(measured, documented);
}

#[test]
fn documented_budgets_meet_the_targets() {
    let budgets = documented();
    let targets = [
        ("AP-12", f64::INFINITY, 10.0),
        ("AP-09 and AP-42", f64::INFINITY, 8.0),
        ("AP-11", f64::INFINITY, 4.0),
        ("AP-02", 3.0, 0.0),
        ("AP-03", 3.5, 0.0),
        ("AP-04", 3.0, 0.0),
        ("AP-06", 3.0, 0.0),
        ("AP-08", 1.0, 0.0),
        ("AP-42 status", f64::INFINITY, 4.0),
        ("AP-140 many", 3.0, 0.0),
        ("AP-140 at 5,000", 630.0, 0.0),
        ("AP-141 at 5,000", 65.0, 0.0),
        ("AP-170", f64::INFINITY, 4.0),
        ("AP-170 ten", f64::INFINITY, 22.0),
        ("AP-190", 5.0, 3.0),
    ];
    for (name, reads, writes) in targets {
        let budget = &budgets[name];
        assert!(budget.reads <= reads && budget.writes <= writes, "{name}: {budget:?}");
    }
}

/// The events worker counts and logs a hundred changes of one batch with at most 1.5 write units each.
#[tokio::test(flavor = "multi_thread")]
async fn batch_of_changes_is_counted_together() {
    let fixture = Fixture::new(false).await;
    let mut paths = Vec::new();
    for _ in 0..100 {
        paths.push(fixture.open().await);
    }
    let _ = fixture.drained(Worker::Events).await;
    for path in &paths {
        let _ = fixture.cost(Method::PATCH, path, None, Some(&json!({ "status": "solved" }))).await;
    }
    let meter = fixture.drained(Worker::Events).await;
    println!("100 status changes in one batch: {} write units, {} read units", meter.writes, meter.reads);
    assert!(meter.writes <= 150.0, "{} write units for 100 changes", meter.writes);
}

#[test]
fn code_and_document_name_the_same_patterns() {
    let sources = rust_source("../shared/store/src") + &rust_source("../shared/app/src");
    let numbers = |text: &str| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, _) in text.match_indices("AP-") {
            let digits: String = text[at + 3..].chars().take_while(char::is_ascii_digit).collect();
            if !digits.is_empty() {
                found.insert(format!("AP-{digits}"));
            }
        }
        found
    };
    let (of_code, of_document) = (numbers(&sources), numbers(DOCUMENT));
    let difference: Vec<_> = of_code.symmetric_difference(&of_document).collect();
    assert!(difference.is_empty(), "only in the code or only in the document: {difference:?}");
}

/// Returns all Rust source below a folder as one text.
fn rust_source(folder: &str) -> String {
    let mut text = String::new();
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text.push_str(&std::fs::read_to_string(&path).expect("text"));
            }
        }
    }
    text
}
