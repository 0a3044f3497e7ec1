//! A reader of the event feed that survives restarts of the API, and always knows where to continue.

mod options;
mod pace;

use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use deskless_domain::EventId;
use http::{StatusCode, header::RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tokio::time::sleep;

pub use options::{Options, Position};
use pace::Pace;

use crate::{api::Api, log::note};

/// The most events of a page.
const LIMIT: usize = 100;
/// A page comes within this time. Otherwise it is asked for again.
const TIMEOUT: Duration = Duration::from_secs(30);

/// One event.
#[derive(Debug)]
pub struct Event {
    /// The exact text, which is also the body of a webhook.
    pub text: Box<RawValue>,
    /// The parsed text.
    pub value: Value,
}

impl Event {
    /// Returns the id, which is also a cursor.
    pub fn id(&self) -> &str {
        self.value["id"].as_str().unwrap_or_default()
    }
}

/// A page of events, oldest first.
#[derive(Debug)]
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// The position after the page.
    pub next_cursor: String,
    has_more: bool,
}

impl Page {
    /// Returns whether there was nothing after the page.
    pub fn is_last(&self) -> bool {
        !self.has_more
    }
}

/// A reader of the feed.
pub struct Feed<'a> {
    api: &'a Api,
    options: &'a Options,
    position: Position,
    pace: Pace,
    has_answered: bool,
    has_lost: bool,
}

impl<'a> Feed<'a> {
    /// Returns a reader that begins where the options say.
    ///
    /// # Errors
    /// If the cursor file is not usable.
    pub fn new(api: &'a Api, options: &'a Options) -> Result<Self> {
        let position = options.position()?;
        Ok(Self { api, options, position, pace: Pace::new(api.is_local()), has_answered: false, has_lost: false })
    }

    fn cursor(&self) -> Option<&str> {
        match &self.position {
            Position::After(cursor) => Some(cursor),
            Position::Oldest | Position::Latest => None,
        }
    }

    /// Returns the options that continue at the position, once it is known.
    pub fn continuation(&self) -> Option<Vec<String>> {
        let after = ["--after".to_owned(), self.cursor()?.to_owned()];
        let file = self.options.cursor_file().map(|path| ["--cursor-file".to_owned(), path.display().to_string()]);
        Some(match file {
            Some(file) if self.has_lost => [file, after].concat(),
            Some(file) => file.to_vec(),
            None => after.to_vec(),
        })
    }

    /// Records that everything up to this event or cursor is done.
    ///
    /// # Errors
    /// If the cursor file cannot be written.
    pub fn advance(&mut self, cursor: &str) -> Result<()> {
        if self.cursor() != Some(cursor) {
            self.position = Position::After(cursor.to_owned());
            self.options.cursor_file().map_or(Ok(()), |path| options::write(path, cursor))?;
        }
        Ok(())
    }

    /// Returns the next page. Retries while the API is not available.
    ///
    /// # Errors
    /// If the API rejects the request, or cannot be reached the first time.
    pub async fn next_page(&mut self) -> Result<Page> {
        loop {
            match self.fetch().await {
                Ok(page) => {
                    if self.pace.recovered() {
                        note("The API responds again.");
                    }
                    self.has_answered = true;
                    return Ok(page);
                }
                Err(Failure::Temporary { reason, retry_after }) => {
                    if self.pace.is_first_failure() {
                        note(&format!("The API is not available: {reason}. Retrying …"));
                    }
                    sleep(self.pace.after_failure(retry_after)).await;
                }
                Err(Failure::Expired { oldest, error }) => {
                    // The file keeps the old position: its owner decides whether to continue without the lost events.
                    self.position = Position::After(oldest.to_string());
                    self.has_lost = true;
                    return Err(error);
                }
                Err(Failure::Permanent(error)) => return Err(error),
            }
        }
    }

    /// Waits until it is time for the page after this one.
    pub async fn wait(&mut self, page: &Page) {
        let pause = self.pace.after_page(page.events.is_empty());
        if !page.has_more {
            sleep(pause).await;
        }
    }

    async fn fetch(&self) -> Result<Page, Failure> {
        let after = match &self.position {
            Position::Oldest => String::new(),
            Position::Latest => "&after=latest".to_owned(),
            Position::After(cursor) => format!("&after={cursor}"),
        };
        let path = format!("events?limit={LIMIT}{after}{}", self.options.query());
        let response = match self.api.try_get(&path, TIMEOUT).await {
            Ok(response) => response,
            Err(error) if self.has_answered => return Err(Failure::temporary(&error)),
            Err(error) => return Err(Failure::Permanent(self.api.cannot_connect(error))),
        };
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.bytes().await.map_err(|error| Failure::temporary(&error))?;
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let retry_after = retry_after.map(Duration::from_secs);
            return Err(Failure::Temporary { reason: format!("it responded with {status}"), retry_after });
        }
        if !status.is_success() {
            return Err(self.rejection(status, &body));
        }
        parse(&body).map_err(Failure::Permanent)
    }

    /// Returns the error for a request that fails again if it is repeated.
    fn rejection(&self, status: StatusCode, body: &[u8]) -> Failure {
        let problem: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(message) = problem["error"].as_str() else {
            return Failure::Permanent(anyhow!("the API returned {status}"));
        };
        if status != StatusCode::GONE {
            return Failure::Permanent(anyhow!("{message} ({status})"));
        }
        let Some(oldest) = problem["oldestCursor"].as_str().and_then(EventId::parse) else {
            return Failure::Permanent(anyhow!(
                "{message} Pass --from-start to begin with the oldest event that is kept."
            ));
        };
        let lost = self.cursor().and_then(EventId::parse).map(|cursor| (cursor.position() + 1, oldest.position()));
        let lost = lost.map(|(first, last)| format!("Lost: events {first} to {last}. ")).unwrap_or_default();
        let error = anyhow!("{message} {lost}The printed command continues with the oldest event that is kept.");
        Failure::Expired { oldest, error }
    }
}

/// Why there is no page.
enum Failure {
    /// A later try can succeed.
    Temporary {
        reason: String,
        retry_after: Option<Duration>,
    },
    /// The events after the position have expired.
    Expired {
        /// The oldest position that is kept.
        oldest: EventId,
        error: Error,
    },
    Permanent(Error),
}

impl Failure {
    fn temporary(error: &reqwest::Error) -> Self {
        let reason = if error.is_timeout() { "it did not respond in time" } else { "cannot connect" };
        Self::Temporary { reason: reason.to_owned(), retry_after: None }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    has_more: bool,
    next_cursor: String,
    events: Vec<Box<RawValue>>,
}

fn parse(body: &[u8]) -> Result<Page> {
    let body: Body = serde_json::from_slice(body)
        .context("the response is not a page of events: check that --url is a Deskless API")?;
    let event = |text: Box<RawValue>| Ok(Event { value: serde_json::from_str(text.get())?, text });
    let events = body.events.into_iter().map(event).collect::<Result<_>>()?;
    Ok(Page { events, next_cursor: body.next_cursor, has_more: body.has_more })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn text_of_event_keeps_its_bytes() {
        let text = r#"{"id":"b","type":"message.created","data":{"z":1.10,"a":"\u00e9"}}"#;
        let page = format!(r#"{{"object":"list","hasMore":true,"nextCursor":"b","events":[{text}]}}"#);
        let page = parse(page.as_bytes()).expect("a page");
        assert_eq!((page.events[0].text.get(), page.events[0].id(), page.has_more), (text, "b", true));
        let error = parse(b"<html>").expect_err("not a page").to_string();
        assert!(error.contains("--url"), "{error}");
    }
}
