//! The faults that the proxy injects, in DynamoDB's response formats.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{StatusCode, header};
use serde_json::{Value, json};

/// The faults that the proxy injects. The default injects none.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Percentage of contended writes that fail with a transaction conflict.
    pub conflicts_percent: u64,
    /// The number of next contended writes that the engine executes but whose response is replaced by a 500.
    pub lost_responses: u64,
    /// Percentage of requests that are throttled without reaching the engine.
    pub throttles_percent: u64,
    /// Percentage of requests that get a 500 without reaching the engine.
    pub errors_before_percent: u64,
    /// Percentage of requests that are executed and then get a 500.
    pub errors_after_percent: u64,
    /// Percentage of connections that break: half before the engine receives the request, half after it has executed
    /// it.
    pub cuts_percent: u64,
    /// The minimum duration of a request. Makes concurrent requests overlap.
    pub delay: Duration,
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Forward,
    Conflict,
    Throttled,
    ErrorBefore,
    ErrorAfter,
    CutBefore,
    CutAfter,
}

impl Faults {
    /// Decides what happens to a request, with one random number per enabled kind of fault.
    pub(crate) fn outcome(&self, operation: &str, request: &Value, mut random: impl FnMut() -> u64) -> Outcome {
        let mut happens = |percent: u64| percent > 0 && random() % 100 < percent;
        if is_contended(operation, request) && happens(self.conflicts_percent) {
            Outcome::Conflict
        } else if happens(self.throttles_percent) {
            Outcome::Throttled
        } else if happens(self.errors_before_percent) {
            Outcome::ErrorBefore
        } else if happens(self.errors_after_percent) {
            Outcome::ErrorAfter
        } else if happens(self.cuts_percent) {
            if happens(50) { Outcome::CutBefore } else { Outcome::CutAfter }
        } else {
            Outcome::Forward
        }
    }
}

/// Returns whether a write can conflict with others. The counter of conversation numbers cannot: it is updated without
/// a transaction and without a condition.
pub(crate) fn is_contended(operation: &str, request: &Value) -> bool {
    match operation {
        "TransactWriteItems" | "PutItem" | "DeleteItem" => true,
        "UpdateItem" => request.get("ConditionExpression").is_some(),
        _ => false,
    }
}

/// Returns DynamoDB's response to a conflict. The local engine never has any.
pub(crate) fn conflict(operation: &str, request: &Value) -> Response {
    if operation == "TransactWriteItems" {
        cancelled(request, "TransactionConflict", "Transaction is ongoing for the item")
    } else {
        error("TransactionConflictException", "Transaction is ongoing for the item")
    }
}

pub(crate) fn throttle(operation: &str, request: &Value) -> Response {
    if operation == "TransactWriteItems" {
        cancelled(request, "ThrottlingError", "Throughput exceeds the current capacity of your table or index.")
    } else {
        error("ThrottlingException", "Throughput exceeds the current capacity of your table or index.")
    }
}

pub(crate) fn internal_error() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Returns a response whose connection breaks before it is complete.
pub(crate) fn cut() -> Response {
    let broken = stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut off")) });
    (StatusCode::OK, Body::from_stream(broken)).into_response()
}

fn cancelled(request: &Value, code: &str, message: &str) -> Response {
    let items = request["TransactItems"].as_array().map_or(0, Vec::len);
    let reasons: Vec<_> = (0..items)
        .map(|i| match i {
            0 => json!({ "Code": code, "Message": message }),
            _ => json!({ "Code": "None" }),
        })
        .collect();
    let text = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{code}]");
    bad_request(&json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": text,
        "CancellationReasons": reasons,
    }))
}

fn error(exception: &str, message: &str) -> Response {
    bad_request(&json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{exception}"), "message": message }))
}

fn bad_request(body: &Value) -> Response {
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body.to_string()).into_response()
}
