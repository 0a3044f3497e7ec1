//! Pages of a list by offset, for the wire formats of other services. Our own lists have cursors.

use crate::Invalid;

/// The number of rows of a list that are skipped, at most [`Offset::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Offset(u16);

impl Offset {
    /// The maximum number of rows that are skipped: to skip a row costs as much as to read it.
    pub const MAX: u64 = 10_000;
    /// The start of a list.
    pub const START: Self = Self(0);

    /// Parses a number of rows to skip. The caller names the field.
    ///
    /// # Errors
    /// When it is more than [`Offset::MAX`].
    pub fn parse(rows: u64) -> Result<Self, Invalid> {
        Self::within_bounds(rows).ok_or_else(|| too_far("must be at most 10,000"))
    }

    /// Parses the number of a page, of which the first one is 1, with `size` rows on each page. The caller names the field.
    ///
    /// # Errors
    /// When it is 0, or more than [`Offset::MAX`] rows are before the page.
    pub fn parse_page(page: u64, size: u64) -> Result<Self, Invalid> {
        let Some(pages_before) = page.checked_sub(1) else {
            return Err(Invalid::new("too_small", "must be at least 1"));
        };
        Self::within_bounds(pages_before.saturating_mul(size)).ok_or_else(|| {
            let last = Self::MAX / size.max(1) + 1;
            too_far(&format!("must be at most {last} if a page has {size} rows"))
        })
    }

    fn within_bounds(rows: u64) -> Option<Self> {
        u16::try_from(rows).ok().filter(|&rows| u64::from(rows) <= Self::MAX).map(Self)
    }

    /// Returns the number of rows to skip.
    #[must_use]
    pub fn rows(self) -> usize {
        usize::from(self.0)
    }
}

fn too_far(bound: &str) -> Invalid {
    let way_on = "To read further, page with `cursor` in the list API (GET /api/v1/conversations)";
    Invalid::new("too_large", format!("{bound}. {way_on}"))
}

/// The number of rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The number.
    pub count: u64,
    /// Whether all rows were counted. If not, the number is a lower bound or comes from counters, which lag behind a write by
    /// seconds.
    pub is_exact: bool,
}

impl Total {
    /// Returns the number of rows that were all counted.
    #[must_use]
    pub fn exact(count: u64) -> Self {
        Self { count, is_exact: true }
    }

    /// Returns a number that is not exact, and at least the number of rows that were read.
    #[must_use]
    pub fn at_least(count: u64, read: u64) -> Self {
        Self { count: count.max(read), is_exact: false }
    }
}

/// A page of a list by offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetPage<T> {
    /// The rows. Fewer than the limit only at the end of the list.
    pub rows: Vec<T>,
    /// The number of rows of the whole list.
    pub total: Total,
}

impl<T> OffsetPage<T> {
    /// Returns a page of a list that was read completely.
    #[must_use]
    pub fn of_all(all: Vec<T>, offset: Offset, limit: usize) -> Self {
        let total = Total::exact(all.len() as u64);
        Self { rows: all.into_iter().skip(offset.rows()).take(limit).collect(), total }
    }
}

#[cfg(test)]
mod tests {
    use super::{Offset, OffsetPage, Total};

    #[test]
    fn offset_is_bounded() {
        assert_eq!(Offset::parse(10_000).map(Offset::rows), Ok(10_000));
        let error = Offset::parse(10_001).expect_err("too far").message;
        assert_eq!(
            error,
            "must be at most 10,000. To read further, page with `cursor` in the list API (GET /api/v1/conversations)"
        );
        assert!(Offset::parse(u64::MAX).is_err());
    }

    #[test]
    fn pages_count_from_one() {
        assert_eq!(Offset::parse_page(1, 25), Ok(Offset::START));
        assert_eq!(Offset::parse_page(3, 25).map(Offset::rows), Ok(50));
        assert_eq!(Offset::parse_page(401, 25).map(Offset::rows), Ok(10_000));
        let error = Offset::parse_page(402, 25).expect_err("too far").message;
        assert!(error.starts_with("must be at most 401 if a page has 25 rows. "), "{error}");
        assert_eq!(Offset::parse_page(0, 25).expect_err("too small").message, "must be at least 1");
        assert!(Offset::parse_page(u64::MAX, u64::MAX).is_err());
    }

    #[test]
    fn page_of_a_whole_list() {
        let page = OffsetPage::of_all(vec![1, 2, 3], Offset::parse(1).expect("an offset"), 1);
        assert_eq!(page, OffsetPage { rows: vec![2], total: Total::exact(3) });
    }
}
