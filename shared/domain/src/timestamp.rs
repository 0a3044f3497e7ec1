use std::fmt;

use jiff::{ToSpan, civil::Date, fmt::temporal::DateTimePrinter};

use crate::Invalid;

/// A time in milliseconds since 1970-01-01T00:00:00Z.
///
/// Displayed as RFC 3339 in UTC with three decimals: `2026-06-28T18:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

impl Timestamp {
    /// Creates a time from milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns seconds since the epoch, rounded down. DynamoDB's TTL uses this unit.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns the time `seconds` later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * 1000)
    }

    /// Parses RFC 3339 with any offset. Fractions of a millisecond are cut off. A leap second is the second after it, as in
    /// POSIX time.
    ///
    /// # Errors
    /// When the text is not an RFC 3339 time, or when it is not between the years 0000 and 9999 in UTC.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        rfc3339(text).map(|(time, _)| time)
    }

    /// Parses a bound of a range of times. As [`Timestamp::parse`], but fractions of a millisecond are rounded up: of the times
    /// in milliseconds, the same ones are before the bound. The last millisecond of the year 9999 is not rounded up.
    ///
    /// # Errors
    /// As [`Timestamp::parse`].
    pub fn parse_bound(text: &str) -> Result<Self, Invalid> {
        let last = FOUR_DIGITS.end() * 1000 + 999;
        rfc3339(text).map(|(time, is_cut)| Self((time.0 + i64::from(is_cut)).min(last)))
    }
}

const DAY: i64 = 24 * 60 * 60;
const EPOCH: Date = Date::constant(1970, 1, 1);
/// The times whose year in UTC has four digits, in seconds since the epoch.
const FOUR_DIGITS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// Parses RFC 3339. Returns the time in whole milliseconds, and whether a fraction of a millisecond was cut off. `jiff` accepts
/// more than RFC 3339, such as `+0200` and `[Europe/Berlin]`, and no time after 9999-12-30T22:00:00Z.
fn rfc3339(text: &str) -> Result<(Timestamp, bool), Invalid> {
    let invalid = |message: &str| Invalid::new("invalid", message);
    let malformed = || {
        invalid(if text.contains(' ') {
            "must be an RFC 3339 time without spaces, such as 2026-06-28T18:00:00.000Z. In a query, write `+` as `%2B`, or use `Z`"
        } else {
            "must be an RFC 3339 time, such as 2026-06-28T18:00:00.000Z or 2026-06-28T20:00:00+02:00"
        })
    };
    let parts = Parts::split(text).ok_or_else(malformed)?;
    let [year, month, day, hour, minute, second] = parts.numbers;
    let small = |number: i64| i8::try_from(number).unwrap_or(i8::MAX);
    let date = i16::try_from(year).ok().and_then(|year| Date::new(year, small(month), small(day)).ok());
    let date = date.ok_or_else(|| invalid("must be an RFC 3339 time with a day that exists"))?;
    if hour > 23 || minute > 59 || second > 60 || parts.offset.is_none() {
        return Err(malformed());
    }
    let days = (date - EPOCH).get_days();
    let seconds = i64::from(days) * DAY + hour * 3600 + minute * 60 + second - parts.offset.unwrap_or_default();
    // Leap seconds are inserted at the end of a month in UTC.
    if second == 60 {
        let next = EPOCH.checked_add((seconds.div_euclid(DAY)).days()).ok();
        if seconds.rem_euclid(DAY) != 0 || next.is_none_or(|next| next.day() != 1) {
            return Err(invalid(
                "must have a second from 00 to 59; 60 is only possible in the last minute of a month in UTC",
            ));
        }
    }
    if !FOUR_DIGITS.contains(&seconds) {
        return Err(invalid("must be a time between 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z"));
    }
    Ok((Timestamp(seconds * 1000 + parts.millis), parts.is_cut))
}

/// The parts of an RFC 3339 time.
struct Parts {
    /// Year, month, day, hour, minute and second.
    numbers: [i64; 6],
    millis: i64,
    /// Whether there are digits other than 0 after the milliseconds.
    is_cut: bool,
    /// The offset in seconds; `None` if it is more than 23:59.
    offset: Option<i64>,
}

impl Parts {
    /// Splits `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+HH:MM|-HH:MM)`. `T` and `Z` may be in lower case.
    fn split(text: &str) -> Option<Self> {
        let number = |digits: &str| -> Option<i64> {
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        };
        let is_mark = |at: usize, mark: u8| text.as_bytes().get(at).is_some_and(|b| b.eq_ignore_ascii_case(&mark));
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if !text.is_ascii() || marks.iter().any(|&(at, mark)| !is_mark(at, mark)) {
            return None;
        }
        let mut numbers = [0; 6];
        for (value, range) in numbers.iter_mut().zip([0..4, 5..7, 8..10, 11..13, 14..16, 17..19]) {
            *value = number(text.get(range)?)?;
        }
        let rest = &text[19..];
        let (fraction, zone) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
            None => ("000", rest),
        };
        let (millis, finer) = fraction.split_at(fraction.len().min(3));
        let millis = number(&format!("{millis:0<3}")).filter(|_| !fraction.is_empty())?;
        let offset = match zone {
            "Z" | "z" => Some(0),
            _ => {
                let sign = match zone.get(..1)? {
                    "+" => 1,
                    "-" => -1,
                    _ => return None,
                };
                let (hours, minutes) = zone[1..].split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
                let (hours, minutes) = (number(hours)?, number(minutes)?);
                (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
            }
        };
        Some(Self { numbers, millis, is_cut: finer.bytes().any(|b| b != b'0'), offset })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Ok(moment) = jiff::Timestamp::from_millisecond(self.0) {
            return f.write_str(&PRINTER.timestamp_to_string(&moment));
        }
        // jiff ends a day earlier, so that every time can be displayed with every offset.
        let (seconds, millis) = (self.0.div_euclid(1000), self.0.rem_euclid(1000));
        let date = EPOCH.checked_add(seconds.div_euclid(DAY).days()).map_err(|_| fmt::Error)?;
        let time = seconds.rem_euclid(DAY);
        write!(f, "{date}T{:02}:{:02}:{:02}.{millis:03}Z", time / 3600, time / 60 % 60, time % 60)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|invalid| serde::de::Error::custom(invalid.message))
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn time_is_displayed_with_three_decimals() {
        assert_eq!(Timestamp::from_millis(1_782_669_600_000).to_string(), "2026-06-28T18:00:00.000Z");
        assert_eq!(Timestamp::from_millis(1_782_669_600_007).to_string(), "2026-06-28T18:00:00.007Z");
    }

    #[test]
    fn displayed_time_parses() {
        let moment = Timestamp::from_millis(1_782_669_600_123);
        assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
        assert_eq!(Timestamp::parse("2026-06-28T20:00:00.123+02:00"), Ok(moment));
    }

    #[test]
    fn rfc_3339_is_accepted() {
        for (text, shown) in [
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
            ("9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59.999Z"),
            ("9999-12-31T00:00:00.5Z", "9999-12-31T00:00:00.500Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("2026-06-28t18:00:00z", "2026-06-28T18:00:00.000Z"),
            ("2026-06-28T18:00:00.123456789012Z", "2026-06-28T18:00:00.123Z"),
            ("2026-06-28T18:00:00-00:00", "2026-06-28T18:00:00.000Z"),
            ("2026-06-28T18:00:00+23:59", "2026-06-27T18:01:00.000Z"),
            ("1969-12-31T23:59:59.9-00:30", "1970-01-01T00:29:59.900Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
            ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp::parse(text).map(|time| time.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn other_notations_are_refused() {
        for text in [
            "",
            "2026-06-28",
            "2026-06-28T18:00Z",
            "2026-06-28T18:00:00",
            "2026-06-28 18:00:00Z",
            "2026-06-28T18:00:00+0200",
            "2026-06-28T18:00:00+02",
            "2026-06-28T18:00:00+2:00",
            "2026-06-28T18:00:00+02:00[Europe/Berlin]",
            "2026-06-28T18:00:00Z[UTC]",
            "2026-06-28T18:00:00,5Z",
            "2026-06-28T18:00:00.Z",
            "2026-06-28T24:00:00Z",
            "2026-06-28T18:60:00Z",
            "2026-06-28T18:00:61Z",
            "2026-06-28T18:00:60Z",
            "2026-06-28T23:59:60Z",
            "2026-06-28T18:00:00+24:00",
            "2026-06-28T18:00:00+02:60",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-06-00T00:00:00Z",
            "12026-06-28T18:00:00Z",
            "-026-06-28T18:00:00Z",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
            "20260628T180000Z",
            " 2026-06-28T18:00:00Z",
            "2026-06-28T18:00:00\u{2212}02:00",
            "2026-06-28T1\u{e9}:00:00Z",
            "1782669600",
            "2026-W26-7T18:00:00Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
        let plus = Timestamp::parse("2026-06-28T18:00:00 02:00").expect_err("a plus that was not encoded");
        assert!(plus.message.contains("%2B"), "{}", plus.message);
    }

    #[test]
    fn bound_is_rounded_up() {
        let bound = |text: &str| Timestamp::parse_bound(text).map(|time| time.to_string());
        assert_eq!(bound("2026-06-28T18:00:00.1230Z"), Ok("2026-06-28T18:00:00.123Z".to_owned()));
        assert_eq!(bound("2026-06-28T18:00:00.1230000001Z"), Ok("2026-06-28T18:00:00.124Z".to_owned()));
        assert_eq!(bound("9999-12-31T23:59:59.9991Z"), Ok("9999-12-31T23:59:59.999Z".to_owned()));
    }
}
