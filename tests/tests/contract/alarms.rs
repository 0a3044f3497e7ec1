//! The template's alarms, and the settings they rely on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::template;

fn of_type(kind: &str) -> BTreeMap<String, Value> {
    let template = template::parse();
    let resources = template["Resources"].as_object().expect("resources").clone();
    let some = resources.into_iter().filter(|(_, resource)| resource["Type"] == kind);
    some.map(|(name, resource)| (name, resource["Properties"].clone())).collect()
}

fn metrics(alarm: &Value) -> Vec<&Value> {
    let all = alarm["Metrics"].as_array().into_iter().flatten();
    all.map(|metric| &metric["MetricStat"]["Metric"]).filter(|metric| !metric.is_null()).collect()
}

#[test]
fn every_alarm_notifies_and_has_at_most_ten_metrics() {
    for (name, alarm) in of_type("AWS::CloudWatch::Alarm") {
        assert!(alarm["AlarmActions"].to_string().contains("AlarmTopic"), "{name} notifies nobody");
        assert!(metrics(&alarm).len() <= 10, "{name}");
        // A function that is not invoked has no data.
        let missing = if name == "TimersMissingAlarm" { "breaching" } else { "notBreaching" };
        assert_eq!(alarm["TreatMissingData"], missing, "{name}");
    }
}

#[test]
fn throttled_writes_of_every_index_raise_an_alarm() {
    let tables = of_type("AWS::DynamoDB::Table");
    let indexes = tables["Table"]["GlobalSecondaryIndexes"].as_array().expect("indexes");
    let alarm = &of_type("AWS::CloudWatch::Alarm")["TableThrottlesAlarm"];
    for index in indexes {
        let watched = metrics(alarm).into_iter().any(|metric| metric["Dimensions"][1]["Value"] == index["IndexName"]);
        assert!(watched, "{index}");
    }
}

#[test]
fn one_failure_of_any_function_stops_a_deployment() {
    let alarms = of_type("AWS::CloudWatch::Alarm");
    for (name, function) in of_type("AWS::Serverless::Function") {
        let stops: Vec<_> = function["DeploymentPreference"]["Alarms"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(stops.len(), 2, "{name}: crashes, and failures in its log");
        assert_eq!(alarms[stops[0]]["Dimensions"][0]["Value"], name);
        assert_eq!(alarms[stops[0]]["Threshold"], "AlarmFailures");
        let counted = &alarms[stops[1]]["MetricName"];
        let filters = of_type("AWS::Logs::MetricFilter");
        let group = format!("{}LogGroup", name.trim_end_matches("Function"));
        let filter = filters.values().find(|filter| {
            filter["LogGroupName"] == group && &filter["MetricTransformations"][0]["MetricName"] == counted
        });
        assert!(filter.is_some(), "{name}: nothing in its log counts as {counted}");
    }
    let template = template::parse();
    assert_eq!(template["Parameters"]["AlarmFailures"]["Default"], 1);
}

#[test]
fn no_record_is_given_up_without_an_alarm() {
    let alarms = of_type("AWS::CloudWatch::Alarm");
    let threshold = alarms["WorkerErrorsAlarm"]["Threshold"].as_u64().expect("a number");
    let mut parked = BTreeSet::new();
    for (name, function) in of_type("AWS::Serverless::Function") {
        let Some(stream) = function["Events"]["Stream"]["Properties"].as_object() else { continue };
        // A record is tried once and then repeated, and each failure is a line.
        assert!(stream["MaximumRetryAttempts"].as_u64().is_some_and(|repeats| repeats + 1 >= 2 * threshold), "{name}");
        assert!(stream["MaximumRecordAgeInSeconds"].as_u64().is_some_and(|age| age < 24 * 60 * 60), "{name}");
        assert_eq!(stream["BisectBatchOnFunctionError"], true, "{name}");
        assert_eq!(stream["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{name}");
        assert_eq!(stream["ParallelizationFactor"], "WorkerLanes", "{name}");
        assert_eq!(function["RecursiveLoop"], "Allow", "{name}");
        parked.insert(format!("{}LogGroup", name.trim_end_matches("Function")));
    }
    let filters = of_type("AWS::Logs::MetricFilter");
    let of_parked = filters.values().filter(|filter| filter["FilterPattern"] == "{ $.parked IS TRUE }");
    let groups: BTreeSet<_> =
        of_parked.filter_map(|filter| filter["LogGroupName"].as_str().map(str::to_owned)).collect();
    assert_eq!(groups, parked);
    assert_eq!(alarms["ParkedRecordsAlarm"]["Threshold"], 1);
    assert_eq!(alarms["FailedRecordsAlarm"]["Threshold"], 1);
}

#[test]
fn deleted_files_stay_as_long_as_the_table_can_be_restored() {
    let buckets = of_type("AWS::S3::Bucket");
    let bucket = &buckets["FilesBucket"];
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().expect("rules");
    let rule = rules.iter().find(|rule| rule["Prefix"] == "files/").expect("a rule for files");
    // Point-in-time recovery covers 35 days:
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
    assert_eq!(rule["NoncurrentVersionExpiration"]["NoncurrentDays"], 35);
}

#[test]
fn protected_stack_must_notify() {
    let rule = template::parse()["Rules"]["ProtectedStacksNotify"].to_string();
    for parameter in ["DeletionProtection", "AlarmEmail", "AlarmTopicArn"] {
        assert!(rule.contains(parameter), "{parameter}");
    }
}
