//! The filter of the table's stream for this function.

/// The filter patterns of the function's event source mapping, as JSON. Lambda delivers the records that match one of them.
///
/// They match conversations' own items, which alone have the id of the newest message (`o`), unless the item was removed. `template.yaml` is
/// generated from them, and the local stack evaluates them.
pub const STREAM_FILTERS: &[&str] = &[r#"{"dynamodb":{"NewImage":{"o":{"S":[{"exists":true}]}}}}"#];
