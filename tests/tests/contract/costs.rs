//! The figures in README, docs/costs.md and docs/events.md are those that `deskless costs` computes.

use deskless_infra::{
    costs::{Costs, document, headline, quotation},
    template::TEXT,
};

const README: &str = include_str!("../../../README.md");
const EVENTS: &str = include_str!("../../../docs/events.md");
const PAGE: &str = include_str!("../../../docs/costs.md");

#[test]
fn readme_and_page_quote_the_computed_costs() {
    let costs = Costs::compute(TEXT).expect("consistent inputs");
    let advice = "Run `make costs` and commit the result.";
    assert!(README.contains(&headline(&costs).expect("a headline")), "README.md is stale. {advice}");
    assert!(EVENTS.contains(&quotation(&costs)), "docs/events.md is stale. {advice}");
    assert!(PAGE == document(&costs).expect("a page"), "docs/costs.md is stale. {advice}");
}

#[test]
fn idle_stack_costs_less_than_five_dollars() {
    let costs = Costs::compute(TEXT).expect("consistent inputs");
    let dollars = costs.idle_dollars().expect("prices");
    assert!(dollars < 5.0, "{dollars} a month, for {} metrics of alarms", costs.idle.alarm_metrics);
    let parts =
        costs.operations.iter().map(|cost| cost.table + cost.lambda + cost.gateway + cost.logs + cost.background);
    assert!(parts.zip(&costs.operations).all(|(sum, cost)| sum > 1.0 && (sum - cost.total()).abs() < 1e-9));
}

#[test]
fn million_delivered_events_cost_six_dollars_at_most() {
    let costs = Costs::compute(TEXT).expect("consistent inputs");
    let [alone, ten] = costs.delivered_events();
    assert!(ten > 1.0 && ten < alone && alone <= 6.0, "{alone} one at a time, {ten} in batches of ten");
}
