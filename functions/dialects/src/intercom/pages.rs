//! Pages by cursor.

use deserr::Deserr;
use deskless_api::{CursorScope, InvalidRequest, Json, Limit, Problem};
use serde_json::{Value, json};

use super::values::invalid;

/// The most rows of a page.
pub const MAX: usize = 150;

/// The parameters of a list with this default page size.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct PageQuery<const DEFAULT: usize> {
    /// The page size.
    #[deserr(default)]
    pub per_page: Limit<DEFAULT, MAX>,
    /// The cursor of the previous page.
    #[deserr(default)]
    pub starting_after: Option<String>,
    /// Only the first page has a number: the service pages by cursor.
    #[deserr(default)]
    pub page: Option<String>,
}

impl<const DEFAULT: usize> PageQuery<DEFAULT> {
    /// Returns the page size and the cursor.
    ///
    /// # Errors
    /// `invalid_request` for the number of a later page.
    pub fn parts(self) -> Result<(usize, Option<String>), Problem> {
        if self.page.is_some_and(|page| page != "1") && self.starting_after.is_none() {
            return Err(invalid("page", "must be 1. Send `starting_after` of the previous page for the next one"));
        }
        Ok((self.per_page.0, self.starting_after.filter(|cursor| !cursor.is_empty())))
    }
}

/// The page of a search.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct Pagination {
    #[deserr(default)]
    per_page: Option<Json>,
    #[deserr(default)]
    starting_after: Option<String>,
    #[deserr(default)]
    page: Option<Json>,
}

impl Pagination {
    /// Returns the page size and the cursor.
    ///
    /// # Errors
    /// `invalid_request` for a page size that is out of range, and for the number of a later page.
    pub fn parts(pagination: Option<Self>, default: usize) -> Result<(usize, Option<String>), Problem> {
        let Some(Self { per_page, starting_after, page }) = pagination else { return Ok((default, None)) };
        let starting_after = starting_after.filter(|cursor| !cursor.is_empty());
        if page.is_some_and(|page| page.to_string() != "1" && page != Json::Null) && starting_after.is_none() {
            return Err(invalid("pagination.page", "must be 1. Send `starting_after` of the previous page instead"));
        }
        let size = match per_page {
            None | Some(Json::Null) => Some(default),
            Some(Json::Number(digits)) => digits.parse().ok().filter(|size| (1..=MAX).contains(size)),
            Some(_) => None,
        };
        let size =
            size.ok_or_else(|| invalid("pagination.per_page", format!("must be a whole number from 1 to {MAX}")))?;
        Ok((size, starting_after))
    }
}

/// Where a page starts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start {
    /// The position after which it starts; `None` for the first page.
    pub after: Option<[u8; 16]>,
    /// The number of pages before it.
    pub pages: u32,
    /// The number of rows on them.
    pub rows: u32,
}

impl Start {
    /// Decodes a cursor.
    ///
    /// # Errors
    /// `invalid_cursor` when it is damaged or belongs to another list.
    pub fn decode(scope: &CursorScope, cursor: Option<&str>) -> Result<Self, Problem> {
        let Some(cursor) = cursor else { return Ok(Self::default()) };
        let bytes: [u8; 24] = scope.decode(cursor)?.try_into().map_err(|_| CursorScope::invalid_cursor())?;
        let number = |at: usize| u32::from_be_bytes(std::array::from_fn(|i| bytes[at + i]));
        Ok(Self { after: Some(std::array::from_fn(|i| bytes[i])), pages: number(16), rows: number(20) })
    }

    /// Returns the start of the next page.
    pub fn following(self, after: [u8; 16], rows: usize) -> Self {
        Self { after: Some(after), pages: self.pages + 1, rows: self.rows + u32::try_from(rows).unwrap_or(u32::MAX) }
    }

    fn encode(self, scope: &CursorScope) -> String {
        let mut bytes = self.after.unwrap_or_default().to_vec();
        bytes.extend(self.pages.to_be_bytes());
        bytes.extend(self.rows.to_be_bytes());
        scope.encode(&bytes)
    }

    /// Returns the object `pages` of this page.
    pub fn pages(self, scope: &CursorScope, per_page: usize, total: u64, next: Option<Self>) -> Value {
        let next = next.map(|next| json!({ "page": next.pages + 1, "starting_after": next.encode(scope) }));
        json!({
            "type": "pages",
            "page": self.pages + 1,
            "per_page": per_page,
            "total_pages": total.div_ceil(per_page as u64),
            "next": next,
        })
    }
}
