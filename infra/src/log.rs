//! Log lines: one per request for a person at a terminal, and JSON as in CloudWatch Logs otherwise.

use std::{
    fmt::Write as _,
    io::{IsTerminal, Write as _},
    time::Instant,
};

use anstyle::{AnsiColor, Style};
use axum::{
    extract::Request,
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use deskless_domain::Clock;
use deskless_runtime::SystemClock;
use serde_json::{Map, Value};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    task::JoinHandle,
};
use tracing::Level;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// How lines are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal: `18:00:00 GET /api/v1/conversations 200 3 ms`, in color. Times are UTC.
    Text,
    /// What the functions log on AWS.
    Json,
}

impl Format {
    /// Returns the format for this process's standard output, and sets up its own log.
    pub fn start() -> Self {
        let format = if std::io::stdout().is_terminal() { Self::Text } else { Self::Json };
        let level = std::env::var("DESKLESS_LOG").ok().and_then(|level| level.parse().ok());
        // In text, the line of each request is printed by `access` instead.
        let default = if format == Self::Text { Level::WARN } else { Level::INFO };
        // The engine warns about each failed condition.
        let levels = Targets::new().with_default(Level::ERROR).with_target("deskless", level.unwrap_or(default));
        let registry = tracing_subscriber::registry();
        let lines = tracing_subscriber::fmt::layer().with_target(false);
        match format {
            Self::Text => registry.with(lines.compact().with_filter(levels)).init(),
            Self::Json => registry
                .with(
                    lines.json().flatten_event(true).with_current_span(false).with_span_list(false).with_filter(levels),
                )
                .init(),
        }
        format
    }

    /// Passes the request on, and prints its line.
    pub async fn access(self, request: Request, next: Next) -> Response {
        if self == Self::Json {
            return next.run(request).await;
        }
        let (method, target) = (request.method().clone(), request.uri().to_string());
        let started = Instant::now();
        let response = next.run(request).await;
        let millis = started.elapsed().as_secs_f64() * 1000.0;
        print(&access_line(&time(), &method, &target, response.status(), millis));
        response
    }

    /// Prints what a function's process logs, until it exits.
    pub fn forward(self, function: &'static str, output: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<()> {
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                match self {
                    Self::Json => print(&line),
                    Self::Text => {
                        if let Some(line) = function_line(&time(), function, &line) {
                            print(&line);
                        }
                    }
                }
            }
        })
    }
}

/// Prints a line. Colors are removed if the terminal has none. `println!` would panic if the terminal is closed.
fn print(line: &str) {
    let _ = writeln!(anstream::stdout(), "{line}");
}

/// Prints a line for the person at the terminal to standard error, which is not part of the command's output.
pub fn note(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

fn time() -> String {
    let now = SystemClock.now().to_string();
    now.split_once('T').and_then(|(_, time)| time.get(..8)).unwrap_or(&now).to_owned()
}

const DIM: Style = Style::new().dimmed();

fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(color.into()))
}

fn access_line(time: &str, method: &Method, target: &str, status: StatusCode, millis: f64) -> String {
    let style = color(match status.as_u16() {
        ..300 => AnsiColor::Green,
        300..400 => AnsiColor::Cyan,
        400..500 => AnsiColor::Yellow,
        500.. => AnsiColor::Red,
    });
    let (method, status) = (method.as_str(), status.as_u16());
    // A control character in a path is encoded, so a line stays a line.
    format!("{DIM}{time}{DIM:#} {method:<6} {target} {style}{status}{style:#} {DIM}{millis:.0} ms{DIM:#}")
}

/// Returns the line for what a function logs. The lines of requests without an error are left out, because
/// [`Format::access`] prints them.
fn function_line(time: &str, function: &str, line: &str) -> Option<String> {
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(line) else {
        return Some(format!("{DIM}{time}{DIM:#} {function}: {line}"));
    };
    let mut take = |name| fields.remove(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let (level, message) = (take("level"), take("message"));
    if message == "request" && level == "INFO" {
        return None;
    }
    let style = color(match level.as_str() {
        "ERROR" => AnsiColor::Red,
        "WARN" => AnsiColor::Yellow,
        _ => AnsiColor::Blue,
    });
    let mut text = format!("{DIM}{time}{DIM:#} {style}{level}{style:#} {function}: {message}");
    for (name, value) in fields {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = write!(text, " {DIM}{name}={DIM:#}{value}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use axum::http::{Method, StatusCode};

    use super::{access_line, function_line};

    #[test]
    fn access_line_has_all_parts() {
        let line = access_line("18:00:00", &Method::GET, "/api/v1/inboxes?limit=2", StatusCode::OK, 2.6);
        assert_eq!(strip_str(&line).to_string(), "18:00:00 GET    /api/v1/inboxes?limit=2 200 3 ms");
        assert_ne!(line, strip_str(&line).to_string(), "it has colors");
    }

    #[test]
    fn function_lines_show_errors_and_skip_requests() {
        let line = |json: &str| function_line("18:00:00", "events", json).map(|line| strip_str(&line).to_string());
        assert_eq!(line(r#"{"level":"INFO","message":"request","status":200}"#), None);
        assert_eq!(
            line(r#"{"level":"ERROR","message":"stream record failed","consumer":"counters","n":1}"#).as_deref(),
            Some("18:00:00 ERROR events: stream record failed consumer=counters n=1"),
        );
        assert_eq!(line("plain text").as_deref(), Some("18:00:00 events: plain text"));
    }
}
