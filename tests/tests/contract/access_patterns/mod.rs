//! Checks that `ACCESS_PATTERNS.md` matches the code: the patterns that exist, and the round trips and capacity units
//! that the engine reports.

mod automations;
mod client_keys;
mod conversations;
mod fixture;
mod resources;

use std::collections::{BTreeMap, BTreeSet};

use deskless_tests::Meter;

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
    conversations::provider_messages(large, &mut record).await;
    conversations::delete_and_count(large, &mut record).await;
    conversations::list(large, &mut record).await;
    resources::bulk_actions(&Fixture::new(large).await, &mut record).await;
    resources::workspace(&Fixture::new(large).await, &mut record).await;
    resources::files(&Fixture::new(large).await, &mut record).await;

    let fixture = Fixture::new(large).await;
    fixture.world.clock.advance_millis(20_000);
    let meter = fixture.get("/api/v1/conversations?status=solved").await;
    let keys = meter.operations.iter().filter(|operation| *operation == "GetItem").count();
    record("AP-01", Meter { trips: keys, reads: meter.reads - 0.5, ..Meter::default() });
    automations::measure(large, &mut costs).await;
    client_keys::measure(large, &mut costs).await;
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
    let documented = documented();
    let mut report = String::new();
    for name in measured.keys().chain(documented.keys()).collect::<BTreeSet<_>>() {
        let (actual, expected) = (measured.get(name), documented.get(name));
        if actual != expected {
            report = format!("{report}{name}:\n  measured   {actual:?}\n  documented {expected:?}\n");
        }
    }
    assert!(report.is_empty(), "ACCESS_PATTERNS.md and the engine differ:\n{report}");
}

#[test]
fn code_and_document_name_the_same_patterns() {
    let sources = rust_source("../shared/store/src") + &rust_source("../shared/app/src");
    let numbers = |text: &str| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, _) in text.match_indices("AP-") {
            let number: String = text[at..].chars().take(5).collect();
            if number[3..].chars().all(|c| c.is_ascii_digit()) {
                found.insert(number);
            }
        }
        found
    };
    assert_eq!(numbers(&sources), numbers(DOCUMENT));
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
