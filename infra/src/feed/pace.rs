use std::time::Duration;

/// The pause after a page with events.
const SHORTEST: Duration = Duration::from_millis(250);
/// The longest pause while nothing happens on the local stack, where a request costs nothing.
const LONGEST_LOCAL: Duration = Duration::from_millis(500);
/// … and elsewhere.
const LONGEST: Duration = Duration::from_secs(3);
/// The pause after the first failure. It doubles with each one.
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LONGEST_RETRY: Duration = Duration::from_secs(10);
/// The API's `Retry-After` is at most a minute. A proxy's could be any.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(1);

/// How long the reader waits between two requests.
#[derive(Debug)]
pub struct Pace {
    longest: Duration,
    pause: Duration,
    failures: u32,
}

impl Pace {
    pub fn new(is_local: bool) -> Self {
        Self { longest: if is_local { LONGEST_LOCAL } else { LONGEST }, pause: SHORTEST, failures: 0 }
    }

    /// Returns the pause after a page. It grows while pages are empty.
    pub fn after_page(&mut self, was_empty: bool) -> Duration {
        self.pause = if was_empty { (self.pause * 3 / 2).min(self.longest) } else { SHORTEST };
        self.pause
    }

    /// Returns the pause after a failure: what the API asks for, or twice the one before.
    pub fn after_failure(&mut self, retry_after: Option<Duration>) -> Duration {
        let doubled = (FIRST_RETRY * 2_u32.pow(self.failures.min(10))).min(LONGEST_RETRY);
        self.failures += 1;
        retry_after.map_or(doubled, |wanted| wanted.clamp(FIRST_RETRY, LONGEST_RETRY_AFTER))
    }

    pub fn is_first_failure(&self) -> bool {
        self.failures == 0
    }

    /// Records a success. Returns whether there were failures before it.
    pub fn recovered(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LONGEST, LONGEST_RETRY, LONGEST_RETRY_AFTER, Pace, SHORTEST};

    #[test]
    fn pauses_grow_while_nothing_happens() {
        let mut pace = Pace::new(false);
        let pauses: Vec<_> = (0..20).map(|_| pace.after_page(true)).collect();
        assert!(pauses.is_sorted() && pauses[0] < Duration::from_secs(1) && pauses[19] == LONGEST, "{pauses:?}");
        assert_eq!(pace.after_page(false), SHORTEST);
    }

    #[test]
    fn retries_back_off_and_respect_retry_after() {
        let mut pace = Pace::new(true);
        assert!(pace.is_first_failure());
        let pauses: Vec<_> = (0..40).map(|_| pace.after_failure(None)).collect();
        assert!(pauses.is_sorted() && pauses[39] == LONGEST_RETRY, "{pauses:?}");
        assert_eq!(pace.after_failure(Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(pace.after_failure(Some(Duration::from_hours(7))), LONGEST_RETRY_AFTER);
        assert!(pace.recovered() && !pace.recovered() && pace.is_first_failure());
    }
}
