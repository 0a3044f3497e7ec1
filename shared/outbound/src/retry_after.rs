//! `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3).

use std::time::{Duration, UNIX_EPOCH};

use deskless_domain::Timestamp;
use http::{HeaderMap, header};

/// Returns how long the receiver asks to wait. Values that are neither seconds nor a date are ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let now = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or_default());
    Some(date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use deskless_domain::Timestamp;
    use http::{HeaderMap, HeaderValue, header};

    use super::retry_after;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 2026-06-28T18:00:00.500Z
        let now = Timestamp::from_millis(1_782_669_600_500);
        for (value, expected) in [
            ("0", Some(0)),
            ("120", Some(120_000)),
            (" 120 ", Some(120_000)),
            ("Sun, 28 Jun 2026 18:02:00 GMT", Some(119_500)),
            ("Sunday, 28-Jun-26 18:02:00 GMT", Some(119_500)),
            ("Sun Jun 28 18:02:00 2026", Some(119_500)),
            ("Sun, 28 Jun 2026 17:00:00 GMT", Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("2026-06-28T18:02:00Z", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_str(value).expect(value))]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_millis), "{value:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
        let huge = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("99999999999999999999999"))]);
        assert_eq!(retry_after(&huge, now), Some(Duration::from_secs(u64::MAX)), "a long wait, not none");
    }
}
