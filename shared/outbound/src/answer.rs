use std::time::Duration;

use deskless_domain::{AttemptOutcome, Reason};
use http::StatusCode;

/// A response, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How long the receiver asks to wait before a repeat, from now.
    pub retry_after: Option<Duration>,
    /// The first KiB of the body. Bytes that are not UTF-8 are replaced.
    pub start_of_body: String,
    /// The time from the start of the request to the end of the response.
    pub duration: Duration,
}

impl Answer {
    /// The most bytes of a response's body that are kept.
    pub const MAX_START_OF_BODY: usize = 1024;

    /// Returns what follows from it.
    #[must_use]
    pub fn outcome(&self) -> AttemptOutcome {
        AttemptOutcome::of_status(self.status, self.retry_after)
    }

    /// Checks that the status is a 2xx.
    ///
    /// # Errors
    /// The reason, to be shown to the workspace, for any other status.
    pub fn check(&self) -> Result<(), Reason> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_success() {
            return Ok(());
        }
        let hint = if status.is_redirection() { "Redirects are not followed" } else { "The status must be 2xx" };
        Err(Reason::new("bad_status", format!("The host responded with {status}. {hint}.")))
    }
}

/// Converts the start of a body. A character that is cut off at its end is dropped.
pub(crate) fn text(start: &[u8], is_cut: bool) -> String {
    let mut text = String::from_utf8_lossy(start).into_owned();
    if is_cut && text.ends_with(char::REPLACEMENT_CHARACTER) {
        text.pop();
    }
    text
}
