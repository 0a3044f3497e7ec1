//! What a delivered event costs.

use std::fmt::Write;

use anyhow::Result;
use serde::Deserialize;

use super::{Budget, Budgets, Costs, Inputs, count, idle::memory_of, price};

/// The number of events in a batch.
const BATCH: f64 = 10.0;

/// One step of an event on its way to a webhook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    name: String,
    /// What one event needs.
    alone: Spent,
    /// What ten events need together.
    ten: Spent,
    /// The function that is invoked for it. Without one, it runs in an invocation that is counted already.
    function: Option<String>,
    /// Milliseconds for which the function waits for the receiver, for one event and for ten.
    #[serde(default)]
    wait: [f64; 2],
}

/// A row of `ACCESS_PATTERNS.md`, and what counts until the table has the row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spent {
    row: String,
    trips: f64,
    read_units: f64,
    write_units: f64,
}

impl Spent {
    fn budget(&self, budgets: &Budgets) -> Budget {
        let assumed = Budget { trips: self.trips, reads: self.read_units, writes: self.write_units };
        budgets.get(&self.row).unwrap_or(assumed)
    }

    /// Returns how the document names the row.
    fn name(&self, budgets: &Budgets) -> String {
        if budgets.get(&self.row).is_some() { self.row.clone() } else { format!("{} (assumed)", self.row) }
    }
}

/// Dollars for a million events at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCost {
    /// The step.
    pub name: String,
    /// The rows of `ACCESS_PATTERNS.md`, for one event and for ten.
    pub rows: [String; 2],
    /// One event at a time.
    pub alone: Dollars,
    /// Ten at a time.
    pub ten: Dollars,
}

/// Dollars by what they are paid for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Dollars {
    /// DynamoDB.
    pub table: f64,
    /// Lambda.
    pub lambda: f64,
}

impl Dollars {
    /// Returns the sum.
    #[must_use]
    pub fn total(self) -> f64 {
        self.table + self.lambda
    }
}

impl Costs {
    /// Returns the dollars for a million delivered events: one at a time, and ten at a time.
    #[must_use]
    pub fn delivered_events(&self) -> [f64; 2] {
        let sum = |of: fn(&StepCost) -> Dollars| self.delivery.iter().map(|step| of(step).total()).sum();
        [sum(|step| step.alone), sum(|step| step.ten)]
    }
}

impl Inputs {
    /// Returns the cost of a step.
    pub(super) fn step_cost(&self, step: &Step, budgets: &Budgets, template: &str) -> Result<StepCost> {
        let memory = count(memory_of(template, step.function.as_deref())?);
        let dollars = |units: &Spent, events: f64, wait: f64| -> Result<Dollars> {
            let budget = units.budget(budgets);
            let price = |name| price(&self.prices, name);
            let invocations = if step.function.is_some() { 1.0 } else { 0.0 };
            let millis = self.handlers.base * invocations + self.handlers.per_trip * budget.trips + wait;
            let gb_seconds = millis / 1000.0 * memory / 1024.0;
            Ok(Dollars {
                table: (budget.reads * price("read_units")? + budget.writes * price("write_units")?) / events,
                lambda: (gb_seconds * price("lambda_gb_seconds")? + invocations * price("lambda_requests")?) / events,
            })
        };
        let [alone, ten] = step.wait;
        Ok(StepCost {
            name: step.name.clone(),
            rows: [step.alone.name(budgets), step.ten.name(budgets)],
            alone: dollars(&step.alone, 1.0, alone)?,
            ten: dollars(&step.ten, BATCH, ten)?,
        })
    }
}

/// Returns the lines that the guide quotes.
#[must_use]
pub fn quotation(costs: &Costs) -> String {
    let [alone, ten] = costs.delivered_events();
    format!(
        "A million events that are delivered to one webhook endpoint cost ${alone:.2} one at a time, and ${ten:.2} in batches of ten.\n\
         Each further endpoint adds ${:.2}, or ${:.2}.\n",
        costs.delivery.iter().skip(1).map(|step| step.alone.total()).sum::<f64>(),
        costs.delivery.iter().skip(1).map(|step| step.ten.total()).sum::<f64>(),
    )
}

/// Writes the section about events.
pub(super) fn section(costs: &Costs, text: &mut String) -> Result<()> {
    text.push_str(
        "\n## A million delivered events\n\n\
         From a change to a webhook, besides the change itself:\n\n\
         | Step | Budget | DynamoDB | Lambda | Total | Ten at a time |\n\
         |---|---|---|---|---|---|\n",
    );
    for StepCost { name, rows, alone, ten } in &costs.delivery {
        let [row, row_of_ten] = rows;
        writeln!(
            text,
            "| {name} | {row}, {row_of_ten} | ${:.2} | ${:.2} | ${:.2} | ${:.2} |",
            alone.table,
            alone.lambda,
            alone.total(),
            ten.total()
        )?;
    }
    let [alone, ten] = costs.delivered_events();
    writeln!(text, "| **Total** | | | | **${alone:.2}** | **${ten:.2}** |\n")?;
    text.push_str(
        "- The second budget and the last column are for ten events of different conversations that are committed together.\n\
         - **Lambda** includes the time for which the function waits for your server, an assumption in infra/costs.toml. A slow server costs more.\n\
         - The names of inboxes and members are cached for 20 s (AP-20). An event that finds none costs up to $0.18 for a million more.\n\
         - A workspace without webhook endpoints that has never read the feed pays for one read of its stamp (AP-88) for a batch of changes, and \
         no write.\n\
         - One that only reads the feed pays for the log, and for the pages in the table above.\n",
    );
    Ok(())
}
