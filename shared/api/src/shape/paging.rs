use deserr::Deserr;
use deskless_domain::{Identifier, MessageId};
use utoipa::IntoParams;

use crate::{Caller, CursorScope, InvalidRequest, Limit, Problem};

/// The page size and the cursor.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListQuery {
    /// The page size.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit<20, 100>,
    /// The `nextCursor` of the previous page.
    #[deserr(default)]
    cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page; `None` on the last page.
    pub next_cursor: Option<String>,
}

impl ListQuery {
    /// Returns the page size.
    pub fn limit(&self) -> usize {
        self.limit.0
    }

    /// Returns the cursor of the request.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Returns the cursor of a list without filters.
    pub fn list_cursor<S>(&self, caller: &Caller<S>, list: &str) -> ListCursor<'_> {
        ListCursor::new(caller, self.cursor.as_deref(), &[list])
    }
}

/// The cursor of a list that is sorted by id.
#[derive(Debug)]
pub struct ListCursor<'q> {
    scope: CursorScope,
    cursor: Option<&'q str>,
}

impl<'q> ListCursor<'q> {
    /// Creates a cursor. `parts` are the name of the list and its parsed filters.
    pub fn new<S>(caller: &Caller<S>, cursor: Option<&'q str>, parts: &[&str]) -> Self {
        Self { scope: CursorScope::new(caller.store().workspace_id(), parts), cursor }
    }

    /// Returns the id after which the page starts; `None` for the first page.
    ///
    /// # Errors
    /// `invalid_cursor` when the cursor is damaged or belongs to another list.
    pub fn after<I: Identifier>(&self) -> Result<Option<I>, Problem> {
        let Some(cursor) = self.cursor else { return Ok(None) };
        let [position] = self.scope.decode_ids(cursor)?;
        Ok(Some(I::from_bytes(position.to_bytes())))
    }

    /// Returns a page of these rows. `next` is the id after which the next page starts.
    pub fn page<T, I: Identifier>(&self, rows: Vec<T>, next: Option<I>) -> Page<T> {
        let next_cursor = next.map(|id| self.scope.encode_ids(&[MessageId::from_bytes(id.to_bytes())]));
        Page { rows, next_cursor }
    }
}
