//! The filter of the table's stream for this function.

/// The filter patterns of the function's event source mapping, as JSON. Lambda delivers the records that match one of them.
///
/// They match, unless the item was removed: conversations' own items, which alone have the id of the newest message (`o`); messages; customers,
/// who have the time of their last update (`ua`), as conversations do; bulk actions and executions that have finished; and registered files.
/// Lambda allows five patterns. `template.yaml` is generated from them, and the local stack evaluates them.
pub const STREAM_FILTERS: &[&str] = &[
    r#"{"dynamodb":{"NewImage":{"o":{"S":[{"exists":true}]}}}}"#,
    r#"{"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"M#"}]}},"NewImage":{"r":{"S":[{"exists":true}]}}}}"#,
    r#"{"dynamodb":{"NewImage":{"ua":{"N":[{"exists":true}]}}}}"#,
    r#"{"dynamodb":{"NewImage":{"finishedAt":{"N":[{"exists":true}]}}}}"#,
    r#"{"dynamodb":{"NewImage":{"fileName":{"S":[{"exists":true}]},"status":{"S":["ready"]}}}}"#,
];
