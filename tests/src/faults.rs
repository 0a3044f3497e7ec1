//! What the proxy can do to a request, and how DynamoDB words it.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{StatusCode, header};
use serde_json::{Value, json};

/// What the proxy does to requests on their way.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// How many of a hundred contested writes are refused with a conflict, as DynamoDB does when writers meet.
    pub conflicts_percent: u64,
    /// The answers to so many of the next contested writes are lost after the engine carried them out: a 500 comes
    /// instead.
    pub lost_answers: u64,
    /// How many of a hundred requests are throttled: the engine does not see them.
    pub throttles_percent: u64,
    /// How many of a hundred requests are answered 500 before the engine sees them.
    pub errors_before_percent: u64,
    /// How many of a hundred requests are carried out and answered 500.
    pub errors_after_percent: u64,
    /// How many of a hundred connections break off: one half before the engine sees the request, one half after it
    /// carried it out.
    pub cuts_percent: u64,
    /// Every request takes at least this long, so that requests which are sent together overlap.
    pub delay: Duration,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Passes,
    Conflicts,
    IsThrottled,
    FailsBefore,
    FailsAfter,
    IsCutBefore,
    IsCutAfter,
}

impl Faults {
    /// Decides, with one throw of dice for each kind of fault that is wanted.
    pub(crate) fn fate(&self, operation: &str, request: &Value, mut throw: impl FnMut() -> u64) -> Fate {
        let mut happens = |percent: u64| percent > 0 && throw() % 100 < percent;
        if is_contested(operation, request) && happens(self.conflicts_percent) {
            Fate::Conflicts
        } else if happens(self.throttles_percent) {
            Fate::IsThrottled
        } else if happens(self.errors_before_percent) {
            Fate::FailsBefore
        } else if happens(self.errors_after_percent) {
            Fate::FailsAfter
        } else if happens(self.cuts_percent) {
            if happens(50) { Fate::IsCutBefore } else { Fate::IsCutAfter }
        } else {
            Fate::Passes
        }
    }
}

/// Whether a write is one that others can be at as well. The ticket counter is not: it is in no transaction, and its
/// update has no condition.
pub(crate) fn is_contested(operation: &str, request: &Value) -> bool {
    match operation {
        "TransactWriteItems" | "PutItem" | "DeleteItem" => true,
        "UpdateItem" => request.get("ConditionExpression").is_some(),
        _ => false,
    }
}

/// The engine has no conflicts of its own; this is how DynamoDB words one.
pub(crate) fn conflict(operation: &str, request: &Value) -> Response {
    if operation == "TransactWriteItems" {
        cancelled(request, "TransactionConflict", "Transaction is ongoing for the item")
    } else {
        refusal("TransactionConflictException", "Transaction is ongoing for the item")
    }
}

pub(crate) fn throttle(operation: &str, request: &Value) -> Response {
    if operation == "TransactWriteItems" {
        cancelled(request, "ThrottlingError", "Throughput exceeds the current capacity of your table or index.")
    } else {
        refusal("ThrottlingException", "Throughput exceeds the current capacity of your table or index.")
    }
}

pub(crate) fn internal_error() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// An answer that ends before it is complete, with the connection under it.
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

fn refusal(exception: &str, message: &str) -> Response {
    bad_request(&json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{exception}"), "message": message }))
}

fn bad_request(body: &Value) -> Response {
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body.to_string()).into_response()
}
