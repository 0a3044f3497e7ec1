//! The filter of the table's stream for this function.

/// The filter patterns of the function's event source mapping, as JSON. Lambda delivers the records that match one of them.
///
/// They match items with a `job` attribute, which an item has while it has steps left, and the expiry of erased customers
/// and files. `template.yaml` is generated from them, and the local stack evaluates them.
pub const STREAM_FILTERS: &[&str] = &[
    r#"{"dynamodb":{"NewImage":{"job":{"S":[{"exists":true}]}}}}"#,
    r#"{"eventName":["REMOVE"],"dynamodb":{"OldImage":{"job":{"S":["erasure"]},"expiresAt":{"N":[{"exists":true}]}}}}"#,
];
