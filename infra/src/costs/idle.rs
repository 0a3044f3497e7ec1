//! What an idle stack costs in a month, from `template.yaml`.

use anyhow::{Context, Result, ensure};
use serde_norway::Value;

/// What an idle stack is billed for, and what its switches would add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    /// Alarms.
    pub alarms: usize,
    /// The metrics of the alarms, which are what is billed.
    pub alarm_metrics: usize,
    /// Custom metrics that metric filters publish. Billed for the hours in which a line matches.
    pub filtered_metrics: usize,
    /// KMS keys.
    pub keys: usize,
    /// Functions that run once a minute.
    pub minutely: usize,
    /// Routes, which `DetailedMetrics=true` measures one by one.
    pub routes: usize,
    /// The memory of a function, in MB.
    pub memory: usize,
}

/// Resources that cost nothing while nothing happens. A type that is in no list here makes [`Idle::of`] fail, so that nobody
/// adds a resource with a price by the hour unnoticed.
const FREE: [&str; 9] = [
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::DynamoDB::Table",
    "AWS::SNS::Topic",
    "AWS::KMS::Alias",
    "AWS::IAM::Policy",
];

impl Idle {
    /// Counts the resources of a template.
    ///
    /// # Errors
    /// When the template has a resource whose idle price is not known here.
    pub fn of(template: &str) -> Result<Self> {
        let template: Value = serde_norway::from_str(template).context("template.yaml is not valid YAML")?;
        let resources = template["Resources"].as_mapping().context("template.yaml has no resources")?;
        let memory = template["Globals"]["Function"]["MemorySize"].as_u64().unwrap_or_default();
        let memory = usize::try_from(memory)?;
        let mut idle =
            Self { alarms: 0, alarm_metrics: 0, filtered_metrics: 0, keys: 0, minutely: 0, routes: 0, memory };
        let mut metrics = std::collections::BTreeSet::new();
        for (name, resource) in resources {
            let properties = &resource["Properties"];
            match resource["Type"].as_str().unwrap_or_default() {
                "AWS::CloudWatch::Alarm" => {
                    idle.alarms += 1;
                    let all = properties["Metrics"].as_sequence();
                    idle.alarm_metrics +=
                        all.map_or(1, |all| all.iter().filter(|metric| metric.get("MetricStat").is_some()).count());
                }
                "AWS::Logs::MetricFilter" => {
                    let transformation = &properties["MetricTransformations"][0];
                    ensure!(
                        transformation.get("DefaultValue").is_none(),
                        "{name:?}: a default value makes a metric billed in every hour with logs"
                    );
                    metrics.insert(transformation["MetricName"].as_str().unwrap_or_default().to_owned());
                }
                "AWS::KMS::Key" => idle.keys += 1,
                kind => {
                    ensure!(
                        FREE.contains(&kind),
                        "{name:?}: infra/src/costs/idle.rs does not know what an idle {kind} costs"
                    );
                    ensure!(
                        properties.get("ProvisionedConcurrencyConfig").is_none(),
                        "{name:?}: provisioned concurrency is billed by the hour"
                    );
                    let events = properties["Events"].as_mapping().into_iter().flat_map(|events| events.values());
                    for event in events {
                        idle.routes += usize::from(event["Type"] == "HttpApi");
                        if event["Type"] == "Schedule" {
                            ensure!(
                                event["Properties"]["Schedule"] == "rate(1 minute)",
                                "{name:?}: infra/src/costs/idle.rs does not know how often this schedule is"
                            );
                            idle.minutely += 1;
                        }
                    }
                }
            }
        }
        idle.filtered_metrics = metrics.len();
        Ok(idle)
    }
}

/// Returns the memory of a function in MB: its own if it has any, or that of all functions.
///
/// # Errors
/// When the template is not valid.
pub(super) fn memory_of(template: &str, function: Option<&str>) -> Result<usize> {
    let template: Value = serde_norway::from_str(template).context("template.yaml is not valid YAML")?;
    let own = function.and_then(|function| template["Resources"].get(function)?["Properties"]["MemorySize"].as_u64());
    let all = template["Globals"]["Function"]["MemorySize"].as_u64();
    Ok(usize::try_from(own.or(all).unwrap_or_default())?)
}

#[cfg(test)]
mod tests {
    use super::{Idle, memory_of};

    #[test]
    fn alarm_is_billed_by_its_metrics() {
        let template = "
Globals: { Function: { MemorySize: 256 } }
Resources:
  A: { Type: AWS::CloudWatch::Alarm, Properties: { MetricName: a } }
  B:
    Type: AWS::CloudWatch::Alarm
    Properties: { Metrics: [{ Id: sum, Expression: a + b }, { Id: a, MetricStat: {} }, { Id: b, MetricStat: {} }] }
";
        let idle = Idle::of(template).expect("a template");
        assert_eq!((idle.alarms, idle.alarm_metrics, idle.memory), (2, 3, 256));
    }

    #[test]
    fn function_can_have_memory_of_its_own() {
        let template = "
Globals: { Function: { MemorySize: 512 } }
Resources: { A: { Properties: {} }, B: { Properties: { MemorySize: 256 } } }
";
        assert_eq!(memory_of(template, None).ok(), Some(512));
        assert_eq!(memory_of(template, Some("A")).ok(), Some(512));
        assert_eq!(memory_of(template, Some("B")).ok(), Some(256));
    }

    #[test]
    fn resource_of_unknown_price_is_an_error() {
        let error = Idle::of("Resources: { A: { Type: 'AWS::EC2::NatGateway' } }").expect_err("unknown").to_string();
        assert!(error.contains("AWS::EC2::NatGateway"), "{error}");
    }
}
