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

    /// The walk through this list.
    pub fn walk<S>(&self, caller: &Caller<S>, route: &str) -> ListWalk<'_> {
        ListWalk::new(caller, self.cursor.as_deref(), &[route])
    }
}

/// A walk through a list whose places are ids.
#[derive(Debug)]
pub struct ListWalk<'q> {
    walk: CursorScope,
    cursor: Option<&'q str>,
}

impl<'q> ListWalk<'q> {
    /// Names a walk. `parts` are the route and every filter as it was understood.
    pub fn new<S>(caller: &Caller<S>, cursor: Option<&'q str>, parts: &[&str]) -> Self {
        Self { walk: CursorScope::new(caller.store().workspace_id(), parts), cursor }
    }

    /// Behind which id the page begins.
    ///
    /// # Errors
    /// `invalid_cursor` when the cursor is damaged or was made by another list.
    pub fn after<I: Identifier>(&self) -> Result<Option<I>, Problem> {
        let Some(cursor) = self.cursor else { return Ok(None) };
        let [place] = self.walk.decode_ids(cursor)?;
        Ok(Some(I::from_bytes(place.to_bytes())))
    }

    /// The page that ends at `next`.
    pub fn page<T, I: Identifier>(&self, rows: Vec<T>, next: Option<I>) -> Page<T> {
        let next_cursor = next.map(|id| self.walk.encode_ids(&[MessageId::from_bytes(id.to_bytes())]));
        Page { rows, next_cursor }
    }
}
