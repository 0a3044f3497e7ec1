//! When a failed call of a webhook is repeated.

use std::time::Duration;

use crate::{Clock, Timestamp, clock::random};

/// The schedule of the attempts to deliver to a webhook.
#[derive(Debug, Clone, Copy)]
pub struct RetrySchedule;

/// The delays after the first, the second, … attempt, in seconds, without jitter.
const DELAYS: [u32; 10] =
    [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR, 24 * HOUR];
const HOUR: u32 = 60 * 60;

impl RetrySchedule {
    /// The number of attempts: the first one, and one after each delay. With jitter they take 89 to 110 hours.
    #[expect(clippy::cast_possible_truncation, reason = "There are few delays.")]
    pub const ATTEMPTS: u32 = DELAYS.len() as u32 + 1;
    /// A webhook is disabled when all of its attempts have failed for this long.
    pub const DISABLE_AFTER: Duration = Duration::from_hours(5 * 24);

    /// Returns the time of the attempt that follows attempt number `attempt`, from 1, which failed now. `None` if it was the last
    /// one.
    ///
    /// A random tenth is added or subtracted, so that the repeats of many failures do not come at once. The attempt is never
    /// before the time that the receiver asked for.
    #[must_use]
    pub fn next_attempt(attempt: u32, retry_after: Option<Duration>, clock: &dyn Clock) -> Option<Timestamp> {
        let delay = Self::delay(attempt, clock)?.max(retry_after.unwrap_or_default());
        let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        Some(Timestamp::from_millis(clock.now().as_millis().saturating_add(millis)))
    }

    /// Returns whether a webhook is to be disabled: nothing but failures since this time.
    #[must_use]
    pub fn is_dead(failing_since: Timestamp, now: Timestamp) -> bool {
        let failing = now.as_millis().saturating_sub(failing_since.as_millis());
        u128::try_from(failing).is_ok_and(|failing| failing >= Self::DISABLE_AFTER.as_millis())
    }

    /// Returns the delay after an attempt, from 90 % to 110 % of the one in the schedule.
    fn delay(attempt: u32, clock: &dyn Clock) -> Option<Duration> {
        let seconds = DELAYS.get(usize::try_from(attempt.checked_sub(1)?).ok()?)?;
        let thousandths = u64::from(*seconds) * 1000;
        // From 0 to 65535, of which the middle is no jitter.
        let jitter = u64::from(u16::from_be_bytes(random::<2>(clock)));
        let span = thousandths / 5;
        Some(Duration::from_millis(thousandths - span / 2 + span * jitter / u64::from(u16::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RetrySchedule;
    use crate::{Clock, Timestamp};

    /// A clock whose random bytes are all the same.
    #[derive(Debug)]
    struct Dice(u8);

    const NOW: i64 = 1_782_669_600_000;

    impl Clock for Dice {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(NOW)
        }
        fn fill_random(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn delay(attempt: u32, retry_after: Option<u64>, dice: u8) -> Option<i64> {
        let next = RetrySchedule::next_attempt(attempt, retry_after.map(Duration::from_secs), &Dice(dice));
        next.map(|next| next.as_millis() - NOW)
    }

    #[test]
    fn attempts_take_at_least_76_hours() {
        let shortest: i64 = (1..).map_while(|attempt| delay(attempt, None, 0)).sum();
        let longest: i64 = (1..).map_while(|attempt| delay(attempt, None, 255)).sum();
        assert!(shortest >= 76 * 3_600_000, "{shortest} ms");
        assert_eq!((shortest / 3_600_000, longest / 3_600_000), (89, 109));
        assert_eq!((1..).map_while(|attempt| delay(attempt, None, 0)).count() + 1, 11);
        assert_eq!(RetrySchedule::ATTEMPTS, 11);
    }

    #[test]
    fn delay_is_within_a_tenth_of_the_schedule() {
        assert_eq!((delay(1, None, 0), delay(1, None, 255)), (Some(4500), Some(5500)));
        assert_eq!((delay(2, None, 0), delay(2, None, 255)), (Some(270_000), Some(330_000)));
        let middle = delay(2, None, 128).expect("a delay");
        assert!((299_900..=300_200).contains(&middle), "{middle} ms");
        assert_eq!((delay(10, None, 0), delay(10, None, 255)), (Some(77_760_000), Some(95_040_000)));
    }

    #[test]
    fn no_attempt_follows_the_last_one() {
        assert_eq!((delay(0, None, 0), delay(11, None, 0), delay(u32::MAX, None, 0)), (None, None, None));
        assert_eq!(delay(11, Some(60), 0), None, "a receiver cannot ask for more attempts");
    }

    #[test]
    fn later_of_schedule_and_retry_after_counts() {
        assert_eq!(delay(1, Some(60), 0), Some(60_000));
        assert_eq!(delay(2, Some(60), 0), Some(270_000));
        assert_eq!(delay(2, Some(0), 0), Some(270_000));
    }

    #[test]
    fn webhook_is_dead_after_5_days_of_failures() {
        let since = Timestamp::from_millis(NOW);
        let after = |millis: i64| RetrySchedule::is_dead(since, Timestamp::from_millis(NOW + millis));
        let days = 5 * 24 * 3_600_000;
        assert_eq!((after(0), after(days - 1), after(days)), (false, false, true));
        assert!(!after(-days), "a clock that went back");
    }
}
