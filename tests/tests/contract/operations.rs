//! `docs/operations.md` names every alarm, and the policy for deployments covers every resource of the template.

use std::collections::BTreeSet;

use deskless_infra::template::table_only;
use serde_json::Value;

use super::template;

const RUNBOOK: &str = include_str!("../../../docs/operations.md");
const POLICY: &str = include_str!("../../../infra/deploy-policy.json");

fn resources() -> Vec<(String, Value)> {
    let template = template::parse();
    template["Resources"].as_object().expect("resources").clone().into_iter().collect()
}

#[test]
fn runbook_has_a_heading_for_every_alarm() {
    let headings: Vec<_> = RUNBOOK.lines().filter(|line| line.starts_with("### ")).collect();
    let alarms = resources().into_iter().filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm");
    let alarms: BTreeSet<_> = alarms.map(|(name, _)| name).collect();
    for alarm in &alarms {
        assert!(headings.iter().any(|heading| heading.contains(&format!("`{alarm}`"))), "{alarm} has no heading");
    }
    for name in headings.iter().flat_map(|heading| heading.split('`').skip(1).step_by(2)) {
        assert!(alarms.contains(name), "{name} is not an alarm of the template");
    }
}

/// Returns the actions that CloudFormation needs to create and update a resource of this type, directly or through the
/// resources that SAM makes of it.
fn actions(kind: &str, properties: &Value) -> Vec<&'static str> {
    let mut actions = match kind {
        "AWS::Serverless::HttpApi" => {
            vec!["apigateway:POST", "apigateway:PATCH", "apigateway:DELETE", "logs:CreateLogDelivery"]
        }
        "AWS::Serverless::Function" => vec![
            "lambda:CreateFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PublishVersion",
            "lambda:CreateAlias",
            "lambda:AddPermission",
            "iam:CreateRole",
            "iam:PutRolePolicy",
            "iam:AttachRolePolicy",
            "iam:PassRole",
            "codedeploy:CreateDeploymentGroup",
            "codedeploy:CreateDeployment",
        ],
        "AWS::IAM::Policy" => vec!["iam:PutRolePolicy"],
        "AWS::Logs::LogGroup" => vec!["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
        "AWS::Logs::MetricFilter" => vec!["logs:PutMetricFilter", "logs:DeleteMetricFilter"],
        "AWS::CloudWatch::Alarm" => vec!["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
        "AWS::SNS::Topic" => vec!["sns:CreateTopic", "sns:Subscribe"],
        "AWS::S3::Bucket" => vec!["s3:CreateBucket"],
        "AWS::S3::BucketPolicy" => vec!["s3:PutBucketPolicy"],
        "AWS::DynamoDB::Table" => vec!["dynamodb:CreateTable", "dynamodb:UpdateTable"],
        "AWS::KMS::Key" => vec!["kms:CreateKey", "kms:PutKeyPolicy", "kms:EnableKeyRotation", "kms:TagResource"],
        other => panic!("add the actions of {other} here and to infra/deploy-policy.json"),
    };
    let of_properties = [
        ("ReservedConcurrentExecutions", "lambda:PutFunctionConcurrency"),
        ("RecursiveLoop", "lambda:PutFunctionRecursionConfig"),
        ("EventInvokeConfig", "lambda:PutFunctionEventInvokeConfig"),
        ("PublicAccessBlockConfiguration", "s3:PutBucketPublicAccessBlock"),
        ("OwnershipControls", "s3:PutBucketOwnershipControls"),
        ("BucketEncryption", "s3:PutEncryptionConfiguration"),
        ("VersioningConfiguration", "s3:PutBucketVersioning"),
        ("LifecycleConfiguration", "s3:PutLifecycleConfiguration"),
        ("CorsConfiguration", "s3:PutBucketCORS"),
        ("TimeToLiveSpecification", "dynamodb:UpdateTimeToLive"),
        ("PointInTimeRecoverySpecification", "dynamodb:UpdateContinuousBackups"),
    ];
    actions.extend(of_properties.iter().filter(|(name, _)| properties.get(name).is_some()).map(|(_, action)| action));
    if properties["Events"].as_object().is_some_and(|events| events.values().any(|event| event["Type"] == "DynamoDB")) {
        actions.push("lambda:CreateEventSourceMapping");
    }
    if properties["Events"].as_object().is_some_and(|events| events.values().any(|event| event["Type"] == "Schedule")) {
        actions.extend(["events:PutRule", "events:PutTargets", "events:DeleteRule", "events:RemoveTargets"]);
    }
    actions
}

#[test]
fn deploy_policy_covers_every_resource() {
    let policy: Value = serde_json::from_str(POLICY).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    let listed = statements.iter().flat_map(|statement| statement["Action"].as_array().expect("actions"));
    let allowed: BTreeSet<_> = listed.filter_map(Value::as_str).collect();
    let mut services = BTreeSet::from(["cloudformation"]);
    for (name, resource) in resources() {
        for action in actions(resource["Type"].as_str().expect("a type"), &resource["Properties"]) {
            assert!(allowed.contains(action), "{name} needs {action}");
            services.insert(action.split(':').next().unwrap_or_default());
        }
    }
    for action in allowed {
        let service = action.split(':').next().unwrap_or_default();
        assert!(services.contains(service) && !action.contains('*'), "{action}: no resource needs it");
    }
    let compact = policy.to_string();
    assert!(compact.len() <= 6_144, "IAM limits a managed policy to 6,144 characters: {}", compact.len());
}

#[test]
fn table_alone_is_the_template_s_table() {
    let alone: serde_norway::Value = serde_norway::from_str(&table_only().expect("a table")).expect("YAML");
    let whole: serde_norway::Value = serde_norway::from_str(deskless_infra::template::TEXT).expect("YAML");
    let keys = ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification", "BillingMode"];
    for key in keys {
        let of = |template: &serde_norway::Value| template["Resources"]["Table"]["Properties"][key].clone();
        assert_eq!(of(&alone), of(&whole), "{key}");
    }
    assert_eq!(alone["Resources"].as_mapping().map(serde_norway::Mapping::len), Some(1));
}
