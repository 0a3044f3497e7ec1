use std::time::Duration;

/// What follows from the response to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// A 2xx: the receiver has it.
    Delivered,
    /// A repeat can succeed.
    Retry {
        /// The least time until the repeat, which the receiver asked for.
        after: Option<Duration>,
    },
    /// 410 Gone: the receiver asks for no further events.
    Gone,
}

impl AttemptOutcome {
    /// The longest wait that a receiver can ask for. A longer one is cut.
    pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

    /// Returns what follows from a status. `Retry-After` counts with 429, 502, 503 and 504 only.
    #[must_use]
    pub fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            200..=299 => Self::Delivered,
            410 => Self::Gone,
            429 | 502..=504 => Self::Retry { after: retry_after.map(|after| after.min(Self::MAX_RETRY_AFTER)) },
            _ => Self::Retry { after: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::AttemptOutcome::{self, Delivered, Gone, Retry};

    #[test]
    fn status_decides_what_follows() {
        let hour = Duration::from_hours(1);
        let of = |status| AttemptOutcome::of_status(status, Some(hour));
        for status in [200, 202, 204, 299] {
            assert_eq!(of(status), Delivered, "{status}");
        }
        for status in [100, 199, 300, 301, 307, 400, 401, 404, 409, 411, 428, 430, 499, 500, 501, 505, 599] {
            assert_eq!(of(status), Retry { after: None }, "{status}");
        }
        for status in [429, 502, 503, 504] {
            assert_eq!(of(status), Retry { after: Some(hour) }, "{status}");
            assert_eq!(AttemptOutcome::of_status(status, None), Retry { after: None });
        }
        assert_eq!(of(410), Gone);
    }

    #[test]
    fn long_retry_after_is_cut_to_a_day() {
        let day = Duration::from_hours(24);
        for (asked, kept) in [(day, day), (day + Duration::from_millis(1), day), (Duration::MAX, day)] {
            assert_eq!(AttemptOutcome::of_status(503, Some(asked)), Retry { after: Some(kept) });
        }
    }
}
