//! The service's ids: whole numbers that JavaScript holds exactly, computed from our ids.
//!
//! A number has the quarter of a second in which the resource was created, and 21 bits that are mixed from its whole id. To find the
//! resource, what was created in that quarter of a second is read. If two of them have one number, neither is found.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{InvalidRequest, Json};
use deskless_app::conversations::Created;
use deskless_domain::{Identifier, Invalid, Timestamp};

/// The time that the numbers count from: 2025-01-01T00:00:00Z. They suffice until 2059.
const EPOCH_MILLIS: i64 = 1_735_689_600_000;
const PERIOD_MILLIS: i64 = 256;
const MIXED_BITS: u32 = 21;
const PERIOD_BITS: u32 = 32;

/// Returns the number of an id.
pub fn number<I: Identifier>(id: I) -> u64 {
    let since = (id.time().as_millis() - EPOCH_MILLIS).max(0) / PERIOD_MILLIS;
    let period = u64::try_from(since).unwrap_or(0) & ((1 << PERIOD_BITS) - 1);
    period << MIXED_BITS | mixed(&id.to_bytes())
}

/// Mixes all bytes of an id into a few bits (FNV-1a).
fn mixed(bytes: &[u8; 16]) -> u64 {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash ^ (hash >> 32)) & ((1 << MIXED_BITS) - 1)
}

/// An id in a request: the service's number, or our id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<I> {
    /// The service's number.
    Number(u64),
    /// Our id.
    Id(I),
}

impl<I: Identifier> Wanted<I> {
    /// Parses a number or one of our ids.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(id) = I::parse(text) {
            return Some(Self::Id(id));
        }
        let is_number = text.len() <= 16 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok().map(Self::Number)).flatten()
    }

    /// Returns whether this is the id of a resource.
    pub fn is(self, id: I) -> bool {
        match self {
            Self::Number(wanted) => wanted == number(id),
            Self::Id(wanted) => wanted == id,
        }
    }

    /// Returns the period in which the resource was created.
    pub fn created(self) -> Created {
        match self {
            Self::Number(number) => {
                let since = i64::try_from(number >> MIXED_BITS).unwrap_or(0) * PERIOD_MILLIS;
                let from = EPOCH_MILLIS + since;
                Created { from: Timestamp::from_millis(from), before: Timestamp::from_millis(from + PERIOD_MILLIS) }
            }
            Self::Id(id) => {
                let from = id.time();
                Created { from, before: Timestamp::from_millis(from.as_millis() + 1) }
            }
        }
    }
}

impl<I: Identifier> Deserr<InvalidRequest> for Wanted<I> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let parsed = match Json::from(value) {
            Json::Number(text) | Json::String(text) => Self::parse(&text),
            _ => None,
        };
        parsed.ok_or_else(|| InvalidRequest::at(location, &Invalid::new("invalid", "must be an id, a whole number")))
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::ConversationId;

    use super::{Wanted, number};

    fn id(text: &str) -> ConversationId {
        ConversationId::parse(text).expect("an id")
    }

    #[test]
    fn number_is_exact_in_javascript_and_leads_back() {
        let one = id("019f0fa5-7b00-7a3b-8c4d-5e6f70819200");
        let number = number(one);
        assert!(number < 1 << 53, "{number}");
        let wanted = Wanted::parse(&number.to_string()).expect("a number");
        let period = wanted.created();
        assert!(wanted.is(one) && period.from <= one.time() && one.time() < period.before);
        assert!(!wanted.is(id("019f0fa5-7b00-7a3b-8c4d-5e6f70819201")), "the last bits count too");
        assert_eq!(Wanted::parse(&one.to_string()), Some(Wanted::Id(one)));
    }

    #[test]
    fn other_texts_are_no_ids() {
        for other in ["", "-1", "1.5", "x", "99999999999999999", " 1"] {
            assert_eq!(Wanted::<ConversationId>::parse(other), None, "{other}");
        }
    }
}
