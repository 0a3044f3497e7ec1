//! The filter of the table's stream for this function.

/// The filter patterns of the function's event source mapping, as JSON. Lambda delivers the records that match one of them.
///
/// They match conversations, customers and files. Changes of messages and API keys do not invoke the function.
/// `template.yaml` is generated from them, and the local stack evaluates them.
pub const STREAM_FILTERS: &[&str] = &[r#"{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"W#"}]},"sk":{"S":["A"]}}}}"#];
