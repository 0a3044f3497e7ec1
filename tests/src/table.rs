//! Direct access to the table.

use serde_json::{Value, json};

/// An item in DynamoDB's JSON format.
#[derive(Debug, Clone)]
pub struct Row(pub Value);

impl Row {
    /// Returns a string or number attribute as text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value["S"].as_str().or_else(|| value["N"].as_str()))
    }

    /// Returns the partition key.
    #[must_use]
    pub fn pk(&self) -> &str {
        self.get("pk").unwrap_or_default()
    }

    /// Returns the sort key.
    #[must_use]
    pub fn sk(&self) -> &str {
        self.get("sk").unwrap_or_default()
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.get(name).and_then(|n| n.parse().ok()).unwrap_or(0)
    }
}

/// Scans the table and returns every item.
pub(crate) async fn scan(engine: &str, table: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut body = json!({ "TableName": table, "ConsistentRead": true });
        if !start.is_null() {
            body["ExclusiveStartKey"] = start;
        }
        let answer = call(engine, "Scan", &body).await;
        rows.extend(answer["Items"].as_array().expect("items").iter().cloned().map(Row));
        start = answer["LastEvaluatedKey"].clone();
        if start.is_null() {
            return rows;
        }
    }
}

/// Sends a request directly to the engine, without the SDK. Local engines do not check signatures.
pub(crate) async fn call(engine: &str, operation: &str, body: &Value) -> Value {
    call_with(&reqwest::Client::new(), engine, operation, body).await
}

/// Sends a request with an existing client, because creating one takes longer than most requests.
pub(crate) async fn call_with(client: &reqwest::Client, engine: &str, operation: &str, body: &Value) -> Value {
    let request = client
        .post(engine)
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-date", "20260628T180000Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=local/20260628/local/dynamodb/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-target, Signature=0",
        )
        .body(body.to_string());
    let answer = request.send().await.expect("the engine responds");
    assert!(answer.status().is_success(), "the engine rejected {operation}: {answer:?}");
    answer.json().await.expect("JSON")
}

/// Returns the engine's description of the table.
pub(crate) async fn describe(engine: &str, table: &str) -> Value {
    call(engine, "DescribeTable", &json!({ "TableName": table })).await["Table"].clone()
}
