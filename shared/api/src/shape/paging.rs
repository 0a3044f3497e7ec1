use deserr::Deserr;
use deskless_domain::{Identifier, MessageId};
use utoipa::IntoParams;

use crate::{Caller, CursorScope, InvalidRequest, Limit, Problem};

/// How many, and from where.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListQuery {
    /// How many at the most.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit<20, 100>,
    /// Where the page before said to go on.
    #[deserr(default)]
    cursor: Option<String>,
}

/// One page.
#[derive(Debug)]
pub struct Page<T> {
    /// What is in it.
    pub rows: Vec<T>,
    /// What to send as `cursor` for the next page, if there may be more.
    pub next_cursor: Option<String>,
}

impl ListQuery {
    /// How many rows the page has at the most.
    pub fn limit(&self) -> usize {
        self.limit.0
    }

    /// Where the page before said to go on.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Returns the cursor of this list.
    pub fn list_cursor<S>(&self, caller: &Caller<S>, route: &str) -> ListCursor<'_> {
        ListCursor::new(caller, self.cursor.as_deref(), &[route])
    }
}

/// The cursor of a list that is sorted by ID.
#[derive(Debug)]
pub struct ListCursor<'q> {
    scope: CursorScope,
    cursor: Option<&'q str>,
}

impl<'q> ListCursor<'q> {
    /// Names a cursor. `parts` are the route and every filter as it was understood.
    pub fn new<S>(caller: &Caller<S>, cursor: Option<&'q str>, parts: &[&str]) -> Self {
        Self { scope: CursorScope::new(caller.store().workspace_id(), parts), cursor }
    }

    /// Behind which id the page begins.
    ///
    /// # Errors
    /// `invalid_cursor` when the cursor is damaged or was made by another list.
    pub fn after<I: Identifier>(&self) -> Result<Option<I>, Problem> {
        let Some(cursor) = self.cursor else { return Ok(None) };
        let [place] = self.scope.decode_ids(cursor)?;
        Ok(Some(I::from_bytes(place.to_bytes())))
    }

    /// The page that ends at `next`.
    pub fn page<T, I: Identifier>(&self, rows: Vec<T>, next: Option<I>) -> Page<T> {
        let next_cursor = next.map(|id| self.scope.encode_ids(&[MessageId::from_bytes(id.to_bytes())]));
        Page { rows, next_cursor }
    }
}
