//! The documented APIs of five services, expressed with ours. Each of their routes, parameters, fields, values and
//! rules is a row of `docs/mapping.md`, and each row is proved here by requests.

#![recursion_limit = "256"]

mod apex;
mod bancroft;
mod document;
mod empfio;
mod gtateth;
mod support;
mod woes;

use std::collections::BTreeSet;

use support::{Row, walk};

#[tokio::test]
async fn woes_is_covered() {
    walk("woes", woes::rows()).await;
}

#[tokio::test]
async fn bancroft_is_covered() {
    walk("bancroft", bancroft::rows()).await;
}

#[tokio::test]
async fn empfio_is_covered() {
    walk("empfio", empfio::rows()).await;
}

#[tokio::test]
async fn gtateth_is_covered() {
    walk("g-tateth", gtateth::rows()).await;
}

#[tokio::test]
async fn apex_is_covered() {
    walk("apex", apex::rows()).await;
}

#[test]
fn document_rows_match_proofs() {
    let sections = [
        ("woes", woes::rows()),
        ("bancroft", bancroft::rows()),
        ("empfio", empfio::rows()),
        ("g-tateth", gtateth::rows()),
        ("apex", apex::rows()),
    ];
    let ids = |(service, rows): &(&str, Vec<Row>)| {
        rows.iter().map(|row| (service.to_string(), row.id.to_owned())).collect::<Vec<_>>()
    };
    let proved: Vec<_> = sections.iter().flat_map(ids).collect();
    let written: Vec<_> = document::rows().into_iter().map(|row| (row.service, row.id)).collect();
    for list in [&proved, &written] {
        assert_eq!(list.len(), list.iter().collect::<BTreeSet<_>>().len(), "a row is duplicated");
    }
    let (proved, written): (BTreeSet<_>, BTreeSet<_>) = (proved.into_iter().collect(), written.into_iter().collect());
    let only = |a: &BTreeSet<_>, b: &BTreeSet<_>| a.difference(b).cloned().collect::<Vec<(String, String)>>();
    assert_eq!(only(&proved, &written), [], "rows that are proved but missing in docs/mapping.md");
    assert_eq!(only(&written, &proved), [], "rows of docs/mapping.md without a proof");
}
