//! Numbers in queries, and totals in responses, of dialects that page by number.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{InvalidRequest, Problem, Reply};
use deskless_domain::{Invalid, Offset, Total};
use http::{HeaderName, HeaderValue};

/// A whole number in a query, from `MIN` to `MAX`. The default is `DEFAULT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<const DEFAULT: u64, const MIN: u64, const MAX: u64>(pub u64);

/// A page size: 1 to `MAX`.
pub type Size<const DEFAULT: u64, const MAX: u64> = Number<DEFAULT, 1, MAX>;
/// The number of a page, from 1.
pub type Page = Number<1, 1, { u64::MAX }>;
/// A number of rows to skip.
pub type Skip = Number<0, 0, { u64::MAX }>;

impl<const DEFAULT: u64, const MIN: u64, const MAX: u64> Number<DEFAULT, MIN, MAX> {
    /// Returns the number as a number of rows.
    pub fn rows(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const DEFAULT: u64, const MIN: u64, const MAX: u64> Default for Number<DEFAULT, MIN, MAX> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: u64, const MIN: u64, const MAX: u64> Deserr<InvalidRequest> for Number<DEFAULT, MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = <String as Deserr<InvalidRequest>>::deserialize_from_value(value, location)?;
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if is_digits && (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => {
                let message = match MAX {
                    u64::MAX => format!("must be a whole number of at least {MIN}"),
                    _ => format!("must be a whole number from {MIN} to {MAX}"),
                };
                Err(InvalidRequest::at(location, &Invalid::new("out_of_range", message)))
            }
        }
    }
}

/// Returns the offset of a number of rows to skip. `parameter` is its name.
///
/// # Errors
/// `invalid_request` for more than 10,000 rows.
pub fn offset(parameter: &str, skip: Skip) -> Result<Offset, Problem> {
    Offset::parse(skip.0).map_err(|invalid| InvalidRequest::one(parameter, &invalid).into())
}

/// Returns the offset of a page. `parameter` is the name of the page number.
///
/// # Errors
/// `invalid_request` for a page behind the first 10,000 rows.
pub fn page_offset(parameter: &str, page: Page, size: u64) -> Result<Offset, Problem> {
    Offset::parse_page(page.0, size).map_err(|invalid| InvalidRequest::one(parameter, &invalid).into())
}

/// Adds `X-Total-Exact: false` to a response whose total is a lower bound.
///
/// # Errors
/// Those of the response itself.
pub fn with_total(total: Total, reply: Reply) -> Reply {
    with_flag("x-total-exact", !total.is_exact, "false", reply)
}

/// Adds `X-Has-More: true` to a response that has not the whole thread, because it is too large.
///
/// # Errors
/// Those of the response itself.
pub fn with_rest(is_complete: bool, reply: Reply) -> Reply {
    with_flag("x-has-more", !is_complete, "true", reply)
}

fn with_flag(name: &'static str, is_set: bool, value: &'static str, reply: Reply) -> Reply {
    let mut response = reply?;
    if is_set {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(response)
}
