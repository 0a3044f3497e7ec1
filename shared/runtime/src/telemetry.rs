use tracing::Level;

/// One JSON object a line, as CloudWatch's Logs Insights reads them. CloudWatch adds the time. `DESKLESS_LOG` sets the
/// level (`error`, `warn`, `info`, `debug`); `info` unless it is set.
pub(crate) fn start() {
    let level = std::env::var("DESKLESS_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .without_time()
        .with_max_level(level)
        .init();
}
