use deskless_tests::World;
use serde_json::json;

use super::template;

#[tokio::test]
async fn table_matches_template() {
    let world = World::new().await;
    let made = world.describe_table().await;
    let wanted = &template::parse()["Resources"]["Table"]["Properties"];
    let sorted = |value: &serde_json::Value| {
        let mut all: Vec<_> = value.as_array().expect("an array").clone();
        all.sort_by_key(ToString::to_string);
        all
    };
    assert_eq!(sorted(&made["AttributeDefinitions"]), sorted(&wanted["AttributeDefinitions"]));
    assert_eq!(made["KeySchema"], wanted["KeySchema"]);
    assert_eq!(made["StreamSpecification"]["StreamViewType"], wanted["StreamSpecification"]["StreamViewType"]);
    let index = |value: &serde_json::Value| {
        let member = |name: &str| value[name].clone();
        json!([member("IndexName"), member("KeySchema"), value["Projection"]["ProjectionType"]])
    };
    let indexes = |value: &serde_json::Value| {
        let mut all: Vec<_> = value.as_array().expect("indexes").iter().map(index).collect();
        all.sort_by_key(ToString::to_string);
        all
    };
    assert_eq!(indexes(&made["GlobalSecondaryIndexes"]), indexes(&wanted["GlobalSecondaryIndexes"]));
}

#[test]
fn table_data_is_protected() {
    let table = &template::parse()["Resources"]["Table"]["Properties"];
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["TimeToLiveSpecification"], json!({ "AttributeName": "expiresAt", "Enabled": true }));
    assert!(table.get("DeletionProtectionEnabled").is_some());
    assert!(table.get("LocalSecondaryIndexes").is_none(), "a local index would cap a thread at 10 GB");
}
