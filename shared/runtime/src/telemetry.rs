use tracing::Level;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Logs one JSON object per line for CloudWatch Logs Insights. CloudWatch adds the time. `DESKLESS_LOG` sets the level
/// of our own lines (`error`, `warn`, `info` or `debug`; default `info`).
///
/// Other crates log warnings and errors only. At lower levels, the Lambda runtime and the SDK log whole requests,
/// including API keys.
pub(crate) fn start() {
    let level = std::env::var("DESKLESS_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    let levels = Targets::new().with_default(Level::WARN.min(level)).with_target("deskless", level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .without_time();
    tracing_subscriber::registry().with(lines.with_filter(levels)).init();
}
