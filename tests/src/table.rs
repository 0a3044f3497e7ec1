//! The whole table, looked at from outside.

use serde_json::{Value, json};

/// One row, as DynamoDB's own JSON has it.
#[derive(Debug, Clone)]
pub struct Row(pub Value);

impl Row {
    /// A string or number attribute, as text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value["S"].as_str().or_else(|| value["N"].as_str()))
    }

    /// The partition key.
    #[must_use]
    pub fn pk(&self) -> &str {
        self.get("pk").unwrap_or_default()
    }

    /// The sort key.
    #[must_use]
    pub fn sk(&self) -> &str {
        self.get("sk").unwrap_or_default()
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.get(name).and_then(|n| n.parse().ok()).unwrap_or(0)
    }
}

/// Every row, read page by page. Only tests scan.
pub(crate) async fn scan(engine: &str, table: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut body = json!({ "TableName": table, "ConsistentRead": true });
        if !start.is_null() {
            body["ExclusiveStartKey"] = start;
        }
        let answer = ask(engine, "Scan", &body).await;
        rows.extend(answer["Items"].as_array().expect("items").iter().cloned().map(Row));
        start = answer["LastEvaluatedKey"].clone();
        if start.is_null() {
            return rows;
        }
    }
}

/// Asks the engine past the SDK, the store and the proxy. No engine on this machine checks signatures.
pub(crate) async fn ask(engine: &str, operation: &str, body: &Value) -> Value {
    ask_with(&reqwest::Client::new(), engine, operation, body).await
}

/// The same with a client that was made before: making one takes longer than most answers.
pub(crate) async fn ask_with(client: &reqwest::Client, engine: &str, operation: &str, body: &Value) -> Value {
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
    let answer = request.send().await.expect("the engine answers");
    assert!(answer.status().is_success(), "the engine refuses {operation}: {answer:?}");
    answer.json().await.expect("JSON")
}

/// The table as the engine describes it.
pub(crate) async fn describe(engine: &str, table: &str) -> Value {
    ask(engine, "DescribeTable", &json!({ "TableName": table })).await["Table"].clone()
}
