use tracing::Level;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// One JSON object a line, as CloudWatch's Logs Insights reads them. CloudWatch adds the time. `DESKLESS_LOG` sets the
/// level (`error`, `warn`, `info`, `debug`) of our own lines; `info` unless it is set.
///
/// Others' crates say warnings and errors only: below that, the Lambda runtime and the SDK write whole requests, with
/// the API keys in them.
pub(crate) fn start() {
    let level = std::env::var("DESKLESS_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    let ours = Targets::new().with_default(Level::WARN.min(level)).with_target("deskless", level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .without_time();
    tracing_subscriber::registry().with(lines.with_filter(ours)).init();
}
