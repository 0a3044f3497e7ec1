//! What a delivered event costs.

use std::fmt::Write;

use anyhow::Result;
use serde::Deserialize;

use super::{Budgets, Costs, Idle, Inputs, count, price};

/// The number of events in a batch.
const BATCH: f64 = 10.0;

/// One step of an event on its way to a webhook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    name: String,
    /// The row of `ACCESS_PATTERNS.md` for one event.
    alone: String,
    /// The row for ten events together.
    ten: String,
    /// Whether a function is invoked for it. Otherwise it runs in an invocation that is counted already.
    #[serde(default)]
    is_invoked: bool,
    /// Milliseconds for which the function waits for the receiver, for one event and for ten.
    #[serde(default)]
    wait: [f64; 2],
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
    /// The function's log line.
    pub logs: f64,
}

impl Dollars {
    /// Returns the sum.
    #[must_use]
    pub fn total(self) -> f64 {
        self.table + self.lambda + self.logs
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
    pub(super) fn step_cost(&self, step: &Step, budgets: &Budgets, idle: Idle) -> Result<StepCost> {
        let dollars = |row: &str, events: f64, wait: f64| -> Result<Dollars> {
            let budget = budgets.row(row)?;
            let price = |name| price(&self.prices, name);
            let invocations = if step.is_invoked { 1.0 } else { 0.0 };
            let millis = self.handlers.base * invocations + self.handlers.per_trip * budget.trips + wait;
            let gb_seconds = millis / 1000.0 * count(idle.memory) / 1024.0;
            let log_bytes = (self.log_bytes.function + self.log_bytes.event) * invocations;
            Ok(Dollars {
                table: (budget.reads * price("read_units")? + budget.writes * price("write_units")?) / events,
                lambda: (gb_seconds * price("lambda_gb_seconds")? + invocations * price("lambda_requests")?) / events,
                logs: log_bytes * price("logs")? / 1000.0 / events,
            })
        };
        let [alone, ten] = step.wait;
        Ok(StepCost {
            name: step.name.clone(),
            rows: [step.alone.clone(), step.ten.clone()],
            alone: dollars(&step.alone, 1.0, alone)?,
            ten: dollars(&step.ten, BATCH, ten)?,
        })
    }
}

/// Writes the section about events.
pub(super) fn section(costs: &Costs, text: &mut String) -> Result<()> {
    text.push_str(
        "\n## A million delivered events\n\n\
         From a change to a webhook, besides the change itself:\n\n\
         | Step | Budget | DynamoDB | Lambda | Logs | Total | Ten at a time |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for StepCost { name, rows, alone, ten } in &costs.delivery {
        let [row, row_of_ten] = rows;
        writeln!(
            text,
            "| {name} | {row}, {row_of_ten} | ${:.2} | ${:.2} | ${:.2} | ${:.2} | ${:.2} |",
            alone.table,
            alone.lambda,
            alone.logs,
            alone.total(),
            ten.total()
        )?;
    }
    let [alone, ten] = costs.delivered_events();
    writeln!(text, "| **Total** | | | | | **${alone:.2}** | **${ten:.2}** |\n")?;
    text.push_str(
        "- The second budget and the last column are for ten events of different conversations that are committed together.\n\
         - **Lambda** includes the time for which the function waits for your server, an assumption in infra/costs.toml. A slow server costs more.\n\
         - A workspace without webhook endpoints that has never read the feed pays nothing.\n\
         - One that only reads the feed pays for the log, and for the pages in the table above.\n",
    );
    Ok(())
}
