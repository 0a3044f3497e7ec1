use std::{
    io::Write,
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
use deskless_domain::{Reach, WebhookHeaders, WebhookSecret, WebhookUrl};
use deskless_outbound::{Client, Request};
use deskless_runtime::SystemClock;
use serde_json::json;
use tokio::time::sleep;

use crate::feed::Event;

/// The pauses before a failed event is repeated. A server that is being restarted is back within their sum.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
const DIM: Style = Style::new().dimmed();

/// Posts events to a server on this machine, as a webhook endpoint would get them.
pub struct Forwarder {
    url: WebhookUrl,
    secret: WebhookSecret,
    headers: WebhookHeaders,
    client: Client,
    as_json: bool,
}

/// What follows from an attempt.
#[derive(Clone, Copy)]
enum Outcome {
    Delivered,
    /// Another attempt follows after this pause.
    Retrying(Duration),
    Skipped,
}

impl Outcome {
    /// Returns the word in JSON.
    fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retrying(_) => "retrying",
            Self::Skipped => "skipped",
        }
    }

    /// Returns the end of a line for a person.
    fn note(self) -> Option<String> {
        match self {
            Self::Delivered => None,
            Self::Retrying(pause) => Some(format!("retrying in {} s", pause.as_secs_f32())),
            Self::Skipped => Some("skipped".to_owned()),
        }
    }
}

/// How an attempt ended.
struct Attempt {
    status: Option<u16>,
    error: Option<String>,
    duration: Duration,
}

impl Forwarder {
    pub fn new(url: WebhookUrl, secret: WebhookSecret, as_json: bool) -> Self {
        Self { url, secret, headers: WebhookHeaders::default(), client: Client::default(), as_json }
    }

    /// Posts an event, and repeats it a few times unless the server accepts it. Prints a line for each attempt.
    ///
    /// # Errors
    /// If nothing can be printed.
    pub async fn forward(&self, event: &Event) -> Result<()> {
        for pause in PAUSES.map(Some).into_iter().chain([None]) {
            let attempt = self.post(event).await;
            let is_accepted = attempt.status.is_some_and(|status| (200..300).contains(&status));
            let outcome = match pause {
                _ if is_accepted => Outcome::Delivered,
                Some(pause) => Outcome::Retrying(pause),
                None => Outcome::Skipped,
            };
            self.print(event, &attempt, outcome)?;
            match pause {
                Some(pause) if !is_accepted => sleep(pause).await,
                _ => break,
            }
        }
        Ok(())
    }

    async fn post(&self, event: &Event) -> Attempt {
        let request = Request {
            url: &self.url,
            reach: Reach::PublicAndLoopback,
            headers: &self.headers,
            secrets: &[&self.secret],
            id: event.id(),
            body: event.text.get().as_bytes().to_vec().into(),
            timeout: Request::TIMEOUT,
        };
        let start = Instant::now();
        let result = self.client.post(request, &SystemClock).await;
        let duration = start.elapsed();
        match result {
            Ok(answer) => Attempt { status: Some(answer.status), error: None, duration },
            Err(failure) => Attempt { status: None, error: Some(failure.to_string()), duration },
        }
    }

    fn print(&self, event: &Event, attempt: &Attempt, outcome: Outcome) -> Result<()> {
        let kind = event.value["type"].as_str().unwrap_or_default();
        let millis = attempt.duration.as_secs_f64() * 1000.0;
        let line = if self.as_json {
            let Attempt { status, error, .. } = attempt;
            json!({
                "id": event.id(),
                "type": kind,
                "status": status,
                "error": error,
                "durationMs": millis.round(),
                "outcome": outcome.as_str(),
            })
            .to_string()
        } else {
            self.line(kind, event.id(), attempt, millis, outcome)
        };
        writeln!(anstream::stdout(), "{line}").context("cannot write to standard output")
    }

    fn line(&self, kind: &str, id: &str, attempt: &Attempt, millis: f64, outcome: Outcome) -> String {
        let color = match attempt.status {
            Some(200..300) => AnsiColor::Green,
            Some(300..500) => AnsiColor::Yellow,
            _ => AnsiColor::Red,
        };
        let style = Style::new().fg_color(Some(color.into()));
        let result = match (attempt.status, &attempt.error) {
            (Some(status), _) => status.to_string(),
            (None, error) => error.clone().unwrap_or_default(),
        };
        let note = outcome.note().map(|note| format!(" {style}{note}{style:#}")).unwrap_or_default();
        let path = self.url.path();
        format!("POST {path} {style}{result}{style:#} {DIM}{millis:.0} ms{DIM:#} {kind} {DIM}{id}{DIM:#}{note}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anstream::adapter::strip_str;
    use deskless_domain::{Reach, WebhookSecret, WebhookUrl};

    use super::{Attempt, Forwarder, Outcome};

    #[test]
    fn line_has_method_path_status_and_duration() {
        let url = WebhookUrl::parse_within("http://localhost:3000/hook".to_owned(), Reach::PublicAndLoopback);
        let forwarder = Forwarder::new(url.expect("a URL"), WebhookSecret::stored("whsec_".to_owned()), false);
        let line = |attempt: &Attempt, outcome| {
            strip_str(&forwarder.line("message.created", "0191", attempt, 3.2, outcome)).to_string()
        };
        let accepted = Attempt { status: Some(204), error: None, duration: Duration::ZERO };
        assert_eq!(line(&accepted, Outcome::Delivered), "POST /hook 204 3 ms message.created 0191");
        let failed = Attempt { status: None, error: Some("Refused.".to_owned()), duration: Duration::ZERO };
        assert_eq!(line(&failed, Outcome::Skipped), "POST /hook Refused. 3 ms message.created 0191 skipped");
        let retried = line(&failed, Outcome::Retrying(Duration::from_millis(500)));
        assert_eq!(retried, "POST /hook Refused. 3 ms message.created 0191 retrying in 0.5 s");
    }
}
