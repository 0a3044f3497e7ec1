//! Query strings as Feathers' REST client writes them: names with brackets, as in `created_at[$gte]=…`, `tag_id[$in][0]=…`,
//! `$select[]=…` and `$or[0][status]=open`. `null` is an empty text.

use deskless_api::Problem;
use percent_encoding::percent_decode_str;

use crate::apex::error::bad_request;

/// The most names in a parameter, such as `$or`, `0`, `created_at` and `$gte`. The `qs` package reads as many.
const MAX_DEPTH: usize = 6;
/// The most parameters. The `qs` package reads as many.
const MAX_PARAMETERS: usize = 1_000;

/// A value of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A text.
    Text(String),
    /// The members of an object or an array, in the order in which they were sent. The names of an array's are its indexes, or empty.
    Members(Vec<(String, Self)>),
}

impl Node {
    /// Returns the entries of an array, by index. A single text is an array of one entry, and a parameter that is repeated is one of all.
    /// `None` if it is an object with other names than indexes.
    pub fn entries(self) -> Option<Vec<Self>> {
        let members = match self {
            Self::Text(_) => return Some(vec![self]),
            Self::Members(members) => members,
        };
        let mut entries = Vec::new();
        for (name, node) in members {
            let index = if name.is_empty() { Some(u32::MAX) } else { name.parse().ok() };
            entries.push((index?, node));
        }
        entries.sort_by_key(|(index, _)| *index);
        Some(entries.into_iter().map(|(_, node)| node).collect())
    }

    fn insert(&mut self, names: &[&str], value: String) -> Result<(), ()> {
        let Self::Members(members) = self else { return Err(()) };
        let Some((first, rest)) = names.split_first() else { return Err(()) };
        let known = members.iter_mut().find(|(name, _)| name == first && !first.is_empty());
        match (known, rest.is_empty()) {
            (None, true) => members.push(((*first).to_owned(), Self::Text(value))),
            (None, false) => {
                let mut node = Self::Members(Vec::new());
                node.insert(rest, value)?;
                members.push(((*first).to_owned(), node));
            }
            // A repeated parameter is an array.
            (Some((_, node @ Self::Text(_))), true) => {
                let earlier = std::mem::replace(node, Self::Members(Vec::new()));
                let Self::Members(entries) = node else { return Err(()) };
                entries.extend([(String::new(), earlier), (String::new(), Self::Text(value))]);
            }
            (Some((_, Self::Members(entries))), true) if entries.iter().all(|(name, _)| name.is_empty()) => {
                entries.push((String::new(), Self::Text(value)));
            }
            (Some((_, node)), _) => node.insert(rest, value)?,
        }
        Ok(())
    }
}

/// Parses a query string into its parameters.
///
/// # Errors
/// `BadRequest` for a parameter that is not percent-encoded UTF-8, whose brackets do not match, that is nested too deeply or that
/// contradicts another one.
pub fn parse(query: &str) -> Result<Vec<(String, Node)>, Problem> {
    let mut root = Node::Members(Vec::new());
    for (i, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if i == MAX_PARAMETERS {
            return Err(bad_request("query", format!("must have at most {MAX_PARAMETERS} parameters")));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name)?;
        let value = decode(value)?;
        let names = names(&name).ok_or_else(|| bad_request(&shown(&name), "must have matching brackets"))?;
        if names.len() > MAX_DEPTH {
            return Err(bad_request(&shown(&name), format!("must have at most {} pairs of brackets", MAX_DEPTH - 1)));
        }
        root.insert(&names, value).map_err(|()| bad_request(&shown(&name), "contradicts another parameter"))?;
    }
    match root {
        Node::Members(members) => Ok(members),
        Node::Text(_) => Ok(Vec::new()),
    }
}

/// Returns the names in `created_at[$gte]`; `None` if brackets do not match.
fn names(name: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    if first.is_empty() || first.contains(']') {
        return None;
    }
    let mut names = vec![first];
    while !rest.is_empty() {
        let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
        if inner.contains('[') {
            return None;
        }
        names.push(inner);
        rest = after;
    }
    Some(names)
}

/// Returns at most 100 characters of a name.
fn shown(name: &str) -> String {
    name.chars().take(100).collect()
}

fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| bad_request(&shown(text), "must be percent-encoded UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::{Node, parse};

    fn text(value: &str) -> Node {
        Node::Text(value.to_owned())
    }

    fn members(members: &[(&str, Node)]) -> Node {
        Node::Members(members.iter().map(|(name, node)| ((*name).to_owned(), node.clone())).collect())
    }

    fn parsed(query: &str) -> Node {
        Node::Members(parse(query).expect("a query"))
    }

    fn error(query: &str) -> String {
        parse(query).expect_err("an invalid query").detail().to_owned()
    }

    #[test]
    fn brackets_are_members() {
        let expected = members(&[
            ("status", text("open")),
            ("created_at", members(&[("$gte", text("a b")), ("$lt", text("é"))])),
            ("$sort", members(&[("created_at", text("-1"))])),
        ]);
        assert_eq!(
            parsed("status=open&created_at%5B%24gte%5D=a+b&created_at[$lt]=%C3%A9&%24sort[created_at]=-1"),
            expected
        );
    }

    #[test]
    fn null_is_empty() {
        assert_eq!(parsed("a=&b"), members(&[("a", text("")), ("b", text(""))]));
    }

    #[test]
    fn arrays_have_any_form() {
        for query in ["a[0]=x&a[1]=y", "a[1]=y&a[0]=x", "a[]=x&a[]=y", "a=x&a=y"] {
            let entries = parse(query).expect("a query").remove(0).1.entries();
            assert_eq!(entries, Some(vec![text("x"), text("y")]), "{query}");
        }
        assert_eq!(text("x").entries(), Some(vec![text("x")]));
        assert_eq!(members(&[("b", text("x"))]).entries(), None);
    }

    #[test]
    fn alternatives_are_objects() {
        let entries = parse("$or[0][status]=open&$or[0][channel]=sms&$or[1][a][$ne]=1").expect("a query").remove(0).1;
        let first = members(&[("status", text("open")), ("channel", text("sms"))]);
        let second = members(&[("a", members(&[("$ne", text("1"))]))]);
        assert_eq!(entries.entries(), Some(vec![first, second]));
    }

    #[test]
    fn malformed_names_are_refused() {
        for query in ["a[b=1", "a]b=1", "[a]=1", "a[b]c=1", "a[[b]]=1", "=1"] {
            assert!(error(query).ends_with("must have matching brackets."), "{query}");
        }
        assert!(error("a[b]=1&a=2").ends_with("contradicts another parameter."));
        assert!(error("a=1&a[b]=2").ends_with("contradicts another parameter."));
        assert!(error("a=%ff").ends_with("must be percent-encoded UTF-8."));
    }

    #[test]
    fn depth_and_number_are_bounded() {
        assert!(parse("a[b][c][d][e][f]=1").is_ok());
        assert!(error("a[b][c][d][e][f][g]=1").ends_with("must have at most 5 pairs of brackets."));
        assert!(error(&format!("a{}=1", "[b]".repeat(10_000))).ends_with("must have at most 5 pairs of brackets."));
        assert!(error(&"a=1&".repeat(1_001)).ends_with("must have at most 1000 parameters."));
    }
}
