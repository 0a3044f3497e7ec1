use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt,
};

/// Logs one JSON object per line for CloudWatch Logs Insights. `DESKLESS_LOG` sets the level of our own lines (`error`,
/// `warn`, `info` or `debug`; default `info`).
///
/// Each line has a `timestamp` in RFC 3339 and a `level`. Without a valid timestamp, Lambda assigns the level INFO, and
/// metric filters that look for ERROR would find nothing:
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.
///
/// Other crates log warnings and errors only. At lower levels, the Lambda runtime and the SDK log whole requests,
/// including API keys.
pub(crate) fn start() {
    let level = std::env::var("DESKLESS_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    let levels = Targets::new().with_default(Level::WARN.min(level)).with_target("deskless", level);
    tracing_subscriber::registry().with(lines(std::io::stdout).with_filter(levels)).init();
}

/// Returns the layer that writes the lines.
pub(crate) fn lines<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        // Workers' lines are in the span of their invocation. Request lines are in none.
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(writer)
}
