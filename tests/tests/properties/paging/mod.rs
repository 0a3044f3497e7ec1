//! Pagination of lists.

mod by_creation;
mod concurrent_changes;
mod conversations;
mod messages;
mod offsets;
mod titles;

use deskless_tests::Role;
use serde_json::Value;

/// A list to read.
#[derive(Debug, Clone)]
pub struct List {
    /// The path and the filters.
    pub path: String,
    /// The name of the array.
    pub plural: &'static str,
    /// Whether pages may be shorter than the limit, because of filters or large rows.
    pub short_pages: bool,
    /// Whether there is always a next cursor.
    pub endless: bool,
}

/// Appends the parameters that have a value to a path.
pub fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let given = parameters.iter().filter_map(|(name, value)| Some(format!("{name}={}", (*value)?)));
    given.fold(path.to_owned(), |url, parameter| {
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("{url}{sign}{parameter}")
    })
}

/// Reads one page and asserts what every page must satisfy.
pub async fn page(
    role: &Role<'_>,
    list: &List,
    limit: Option<usize>,
    cursor: Option<&str>,
) -> (Vec<Value>, Option<String>) {
    let limited = limit.map(|limit| limit.to_string());
    let url = with_query(&list.path, &[("limit", limited.as_deref()), ("cursor", cursor)]);
    let page = role.get(&url).await.expect(200);
    assert_eq!(page["object"], "list");
    let rows = page[list.plural].as_array().expect("rows").clone();
    let has_more = page["hasMore"].as_bool().expect("hasMore");
    let next = page["nextCursor"].as_str().map(str::to_owned);
    assert_eq!(next.is_some(), has_more || list.endless, "{list:?}");
    if let Some(limit) = limit {
        assert!(rows.len() <= limit, "{} rows on a page of {limit}", rows.len());
        assert!(!has_more || list.short_pages || rows.len() == limit, "a short page has a next page");
    }
    (rows, next.filter(|_| has_more))
}

/// Reads a list to its end and asserts that it returns exactly these rows, once and in order.
pub async fn assert_list(role: &Role<'_>, list: &List, limit: Option<usize>, wanted: &[Value]) {
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let (rows, next) = page(role, list, limit, cursor.as_deref()).await;
        assert!(cursor.is_none() || list.short_pages || !rows.is_empty(), "a next page is empty");
        seen.extend(rows);
        assert!(seen.len() <= wanted.len(), "{list:?} returns too many rows");
        assert!(cursor.is_none() || cursor != next, "{list:?} returns the same cursor again");
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].as_str().unwrap_or("?").to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&seen), ids(wanted), "{list:?} by {limit:?}");
    assert_eq!(seen, wanted, "{list:?} by {limit:?}");
}
