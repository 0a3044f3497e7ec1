use std::fmt;

use jiff::fmt::temporal::DateTimePrinter;

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

    /// Parses RFC 3339 with any offset. Fractions of a millisecond are cut off.
    ///
    /// # Errors
    /// When the text is not an RFC 3339 time.
    pub fn parse(text: &str) -> Result<Self, crate::Invalid> {
        text.parse::<jiff::Timestamp>()
            .map(|t| Self(t.as_millisecond()))
            .map_err(|_| crate::Invalid::new("invalid", "must be an RFC 3339 time, such as 2026-06-28T18:00:00.000Z"))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        f.write_str(&PRINTER.timestamp_to_string(&moment))
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
}
