//! Which records of the table's stream this function receives.

/// The filter patterns of the function's event source mapping, as JSON. Lambda delivers the records that match one of them.
///
/// They match a workspace's own entities: conversations, customers, files. Messages and API keys cause no call.
/// `template.yaml` is generated from them, and the local stack evaluates them.
pub const STREAM_FILTERS: &[&str] = &[r#"{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"W#"}]},"sk":{"S":["A"]}}}}"#];
