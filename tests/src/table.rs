//! Direct access to the table.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::names;

/// An item in DynamoDB's JSON format. Attributes are named as in the API: `status`, not the stored `s`.
#[derive(Debug, Clone)]
pub struct Row(pub Value);

impl Row {
    /// Returns a string or number attribute as text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.attribute(name);
        value["S"].as_str().or_else(|| value["N"].as_str())
    }

    /// Returns an attribute's value; `Null` if there is none.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &Value {
        &self.0[names::stored(self, name)]
    }

    /// Returns whether the item has this attribute.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        !self.attribute(name).is_null()
    }

    /// Sets an attribute, or removes it if the value is `Null`.
    pub fn set(&mut self, name: &str, value: Value) {
        let stored = names::stored(self, name).to_owned();
        let attributes = self.0.as_object_mut().expect("an item");
        let _ = if value.is_null() { attributes.remove(&stored) } else { attributes.insert(stored, value) };
    }

    /// Returns the value of an attribute of a conversation's customer.
    #[must_use]
    pub fn customer(&self, name: &str) -> Option<&str> {
        self.attribute("customer")["M"][names::of_customer(name)]["S"].as_str()
    }

    /// Returns a conversation's preview, which is stored in UTF-8 or UTF-16.
    #[must_use]
    pub fn preview(&self) -> Option<String> {
        let value = self.attribute("preview");
        if let Some(text) = value["S"].as_str() {
            return Some(text.to_owned());
        }
        let bytes = STANDARD.decode(value["B"].as_str()?).expect("base64");
        let units: Vec<_> = bytes.chunks(2).map(|pair| u16::from(pair[0]) << 8 | u16::from(pair[1])).collect();
        Some(String::from_utf16(&units).expect("UTF-16"))
    }

    /// Returns the partition key.
    #[must_use]
    pub fn pk(&self) -> &str {
        self.0["pk"]["S"].as_str().unwrap_or_default()
    }

    /// Returns the sort key.
    #[must_use]
    pub fn sk(&self) -> &str {
        self.0["sk"]["S"].as_str().unwrap_or_default()
    }

    /// Returns the letter that tells what the item is, if it belongs to a workspace.
    #[must_use]
    pub fn letter(&self) -> Option<&str> {
        let mut parts = self.pk().strip_prefix("W#")?.split('#');
        Some(parts.nth(1).unwrap_or_default())
    }

    /// Returns a number attribute; 0 if there is none.
    #[must_use]
    pub fn number(&self, name: &str) -> u64 {
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
