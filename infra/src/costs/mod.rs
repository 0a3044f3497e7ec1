//! What Deskless costs, from the budgets of `ACCESS_PATTERNS.md`, the prices of `infra/costs.toml` and `template.yaml`.

mod budgets;
mod document;
mod events;
mod idle;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

pub use budgets::{Budget, Budgets};
pub use document::{document, headline};
pub use events::{Dollars, StepCost, quotation};
pub use idle::Idle;

const INPUTS: &str = include_str!("../../costs.toml");
const ACCESS_PATTERNS: &str = include_str!("../../../shared/store/ACCESS_PATTERNS.md");

/// `infra/costs.toml`, which documents the fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    prices: BTreeMap<String, Price>,
    handlers: Handlers,
    log_bytes: LogBytes,
    every_request: Units,
    background: BTreeMap<String, Background>,
    operations: Vec<Operation>,
    delivered_event: Vec<events::Step>,
    example: Example,
}

/// A price with its source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Dollars.
    pub dollars: f64,
    /// What the dollars are for.
    pub per: String,
    /// The page that states it.
    pub source: String,
    /// The date from which it is known.
    pub date: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Handlers {
    base: f64,
    per_trip: f64,
    worker: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogBytes {
    function: f64,
    gateway: f64,
    event: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    read_units: f64,
    write_units: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Background {
    row: Option<String>,
    what: String,
    read_units: f64,
    write_units: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    name: String,
    row: String,
    #[serde(default)]
    more_read_units: f64,
    #[serde(default)]
    background: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Example {
    title: String,
    #[serde(flatten)]
    requests: BTreeMap<String, f64>,
}

/// Dollars for a million of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// The operation.
    pub name: String,
    /// The row of `ACCESS_PATTERNS.md`.
    pub row: String,
    /// DynamoDB.
    pub table: f64,
    /// Lambda.
    pub lambda: f64,
    /// API Gateway.
    pub gateway: f64,
    /// The function's log line and the access log's.
    pub logs: f64,
    /// Work on the stream: DynamoDB and Lambda.
    pub background: f64,
}

impl Cost {
    /// Returns the sum.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.table + self.lambda + self.gateway + self.logs + self.background
    }
}

/// Everything that the document states.
#[derive(Debug)]
pub struct Costs {
    /// The prices by name.
    pub prices: BTreeMap<String, Price>,
    /// Each operation, in the order of `costs.toml`.
    pub operations: Vec<Cost>,
    /// Each step of a delivered event.
    pub delivery: Vec<StepCost>,
    /// The work on the stream: what it is, its write units, and whether they are an assumption.
    pub background: Vec<(String, f64, bool)>,
    /// What an idle stack is billed for.
    pub idle: Idle,
    /// The dollars of a million sweeps of the timers that find nothing.
    pub sweeps: f64,
    /// The example's title and its dollars, without the idle stack's.
    pub example: (String, f64),
}

impl Costs {
    /// Computes the costs from the committed files.
    ///
    /// # Errors
    /// When an input names a row, a price or an operation that does not exist.
    pub fn compute(template: &str) -> Result<Self> {
        let inputs: Inputs = toml::from_str(INPUTS).context("infra/costs.toml")?;
        let budgets = Budgets::parse(ACCESS_PATTERNS)?;
        let idle = Idle::of(template)?;
        let operations: Vec<_> =
            inputs.operations.iter().map(|operation| inputs.cost(operation, &budgets, idle)).collect::<Result<_>>()?;
        let delivery = inputs.delivered_event.iter().map(|step| inputs.step_cost(step, &budgets, template));
        let delivery = delivery.collect::<Result<_>>()?;
        let mut example = 0.0;
        for (name, count) in &inputs.example.requests {
            let Some(cost) = operations.iter().find(|cost| cost.name == *name) else {
                bail!("infra/costs.toml: [example] names `{name}`, which is not an operation");
            };
            example += cost.total() * count / 1e6;
        }
        let background = inputs.background.values().map(|work| {
            let (_, writes) = work.units(&budgets);
            let row = work.row.as_ref().map(|row| format!(" ({row})")).unwrap_or_default();
            (format!("{}{row}", work.what), writes, work.budget(&budgets).is_none())
        });
        let background = background.collect();
        let example = (inputs.example.title.clone(), example);
        let sweeps = inputs.sweeps(&budgets, idle)?;
        Ok(Self { operations, delivery, background, idle, sweeps, example, prices: inputs.prices })
    }

    /// Returns the dollars of an idle stack in a month.
    ///
    /// # Errors
    /// When a price is missing.
    pub fn idle_dollars(&self) -> Result<f64> {
        Ok(count(self.idle.alarm_metrics) * self.price("alarm_metric")?
            + count(self.idle.keys) * self.price("kms_key")?
            + self.sweep_dollars())
    }

    /// Returns the number of sweeps in a month of 30 days.
    #[must_use]
    pub fn sweeps_a_month(&self) -> usize {
        self.idle.minutely * 60 * 24 * 30
    }

    /// Returns the dollars of the sweeps of a month.
    #[must_use]
    pub fn sweep_dollars(&self) -> f64 {
        count(self.sweeps_a_month()) * self.sweeps / 1e6
    }

    /// Returns the dollars of a price.
    ///
    /// # Errors
    /// When there is no such price.
    pub fn price(&self, name: &str) -> Result<f64> {
        price(&self.prices, name)
    }

    /// Returns the cost of an operation.
    ///
    /// # Errors
    /// When there is no such operation.
    pub fn operation(&self, name: &str) -> Result<&Cost> {
        let found = self.operations.iter().find(|cost| cost.name == name);
        found.with_context(|| format!("infra/costs.toml has no operation `{name}`"))
    }
}

impl Inputs {
    /// Returns the dollars of a million sweeps that find nothing, which write no log line. The schedule itself is free.
    fn sweeps(&self, budgets: &Budgets, idle: Idle) -> Result<f64> {
        let budget = budgets.row("AP-180")?;
        let milliseconds = self.handlers.base + self.handlers.per_trip * budget.trips;
        Ok(budget.reads * price(&self.prices, "read_units")? + self.lambda(milliseconds, idle)?)
    }

    /// Returns the dollars of a million invocations of this length.
    fn lambda(&self, milliseconds: f64, idle: Idle) -> Result<f64> {
        let gb_seconds = milliseconds / 1000.0 * count(idle.memory) / 1024.0;
        Ok(gb_seconds * price(&self.prices, "lambda_gb_seconds")? + price(&self.prices, "lambda_requests")?)
    }

    fn cost(&self, operation: &Operation, budgets: &Budgets, idle: Idle) -> Result<Cost> {
        let price = |name: &str| price(&self.prices, name);
        let (reads, writes) = (price("read_units")?, price("write_units")?);
        let lambda = |milliseconds: f64| self.lambda(milliseconds, idle);
        let budget = budgets.row(&operation.row)?;
        let every = &self.every_request;
        let mut background = 0.0;
        for name in &operation.background {
            let work = self.background.get(name).with_context(|| {
                format!("infra/costs.toml: `{}` causes `{name}`, which is not in [background]", operation.name)
            })?;
            let (read, written) = work.units(budgets);
            background += read * reads + written * writes + lambda(self.handlers.worker)?;
        }
        let log_bytes = self.log_bytes.function + self.log_bytes.gateway + 2.0 * self.log_bytes.event;
        Ok(Cost {
            name: operation.name.clone(),
            row: operation.row.clone(),
            table: (budget.reads + operation.more_read_units + every.read_units) * reads
                + (budget.writes + every.write_units) * writes,
            lambda: lambda(self.handlers.base + self.handlers.per_trip * budget.trips)?,
            gateway: price("gateway_requests")?,
            // A million lines of one byte are a megabyte.
            logs: log_bytes * price("logs")? / 1000.0,
            background,
        })
    }
}

impl Background {
    fn budget(&self, budgets: &Budgets) -> Option<Budget> {
        self.row.as_ref().and_then(|row| budgets.get(row))
    }

    fn units(&self, budgets: &Budgets) -> (f64, f64) {
        self.budget(budgets).map_or((self.read_units, self.write_units), |budget| (budget.reads, budget.writes))
    }
}

fn price(prices: &BTreeMap<String, Price>, name: &str) -> Result<f64> {
    prices.get(name).map(|price| price.dollars).with_context(|| format!("infra/costs.toml has no price `{name}`"))
}

#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
fn count(number: usize) -> f64 {
    number as f64
}
