//! Feathers queries: `$limit`, `$skip`, `$sort`, `$select`, `$or`, and conditions on fields.

mod condition;
mod syntax;

use deskless_api::{Problem, Reply, dialect::respond};
use deskless_domain::{Invalid, Offset, Order, Total, nearest};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::error::{bad_request, invalid};
pub use condition::{Condition, Field, Kind, Operator};
use syntax::Node;

/// The most rows of a page.
pub const MAX_LIMIT: usize = 50;
/// The rows of a page without `$limit`: what Feathers generates for a maximum of 50.
const DEFAULT_LIMIT: usize = 10;
const LIMIT: &str = "$limit";
const SKIP: &str = "$skip";
const SORT: &str = "$sort";
const SELECT: &str = "$select";
const OR: &str = "$or";
const AND: &str = "$and";

/// What the rows of a service have.
#[derive(Debug)]
pub struct Service {
    /// The fields by which rows can be filtered and sorted.
    pub fields: &'static [Field],
    /// The fields of a row, which can be selected.
    pub columns: &'static [&'static str],
}

/// A query of a service.
#[derive(Debug, Clone)]
pub struct Query {
    /// The most rows of the page.
    pub limit: usize,
    /// The number of rows to skip.
    pub skip: Offset,
    /// The fields by which the rows are sorted, the first one first.
    pub sort: Vec<(&'static str, Order)>,
    /// The fields of the rows, besides their ids. `None` for all.
    select: Option<Vec<String>>,
    /// The conditions that must all hold.
    pub all: Vec<Condition>,
    /// Of each entry, one alternative must hold: all of its conditions.
    pub any: Vec<Vec<Vec<Condition>>>,
}

impl Query {
    /// Parses a query string.
    ///
    /// # Errors
    /// `BadRequest` for everything that cannot be honoured.
    pub fn parse(query: Option<&str>, service: &'static Service) -> Result<Self, Problem> {
        let fields = service.fields;
        let mut parsed = Self {
            limit: DEFAULT_LIMIT,
            skip: Offset::START,
            sort: Vec::new(),
            select: None,
            all: Vec::new(),
            any: Vec::new(),
        };
        for (name, node) in syntax::parse(query.unwrap_or_default())? {
            match name.as_str() {
                LIMIT => parsed.limit = limit(node)?,
                SKIP => parsed.skip = skip(node)?,
                SORT => parsed.sort = sort(node, fields)?,
                SELECT => parsed.select = Some(select(node, service.columns)?),
                OR => parsed.any.push(alternatives(OR, node, fields)?),
                AND => parsed.all.extend(alternatives(AND, node, fields)?.into_iter().flatten()),
                _ => parsed.all.extend(conditions(&name, node, fields)?),
            }
        }
        Ok(parsed)
    }

    /// Parses the query of a request for one row, which has no page.
    ///
    /// # Errors
    /// `BadRequest` for everything that cannot be honoured.
    pub fn of_one(query: Option<&str>, service: &'static Service) -> Result<Self, Problem> {
        for (name, _) in syntax::parse(query.unwrap_or_default())? {
            if [LIMIT, SKIP, SORT, OR, AND].contains(&name.as_str()) {
                return Err(bad_request(&name, "is not supported in a request for one record"));
            }
        }
        Self::parse(query, service)
    }

    /// Removes the condition on a field, which must be `=`, and returns its value.
    ///
    /// # Errors
    /// `BadRequest` when there is another operator, or more than one.
    pub fn take(&mut self, field: &str) -> Result<Option<String>, Problem> {
        let is_on = |condition: &Condition| condition.field.name == field;
        let found: Vec<Condition> = self.all.extract_if(.., |condition| is_on(condition)).collect();
        let refused = || bad_request(field, "must have one value, without operators and outside of `$or`");
        if self.any.iter().flatten().flatten().any(is_on) {
            return Err(refused());
        }
        match found.as_slice() {
            [] => Ok(None),
            [Condition { operator: Operator::In, values, .. }] if values.len() == 1 => {
                Ok(values[0].clone().filter(|value| !value.is_empty()))
            }
            _ => Err(refused()),
        }
    }

    /// Refuses conditions, in a request for one row by its id.
    ///
    /// # Errors
    /// `BadRequest` when there are some.
    pub fn refuse_conditions(&self) -> Result<(), Problem> {
        match self.all.first() {
            Some(condition) => Err(bad_request(condition.field.name, "is not supported in a request for one record")),
            None => Ok(()),
        }
    }

    /// Returns whether all conditions hold for a row.
    pub fn matches(&self, row: &Value) -> bool {
        let all = |conditions: &[Condition]| conditions.iter().all(|condition| condition.holds(row));
        all(&self.all) && self.any.iter().all(|any| any.iter().any(|conditions| all(conditions)))
    }

    /// Returns the selected fields of a row. The id is always one of them.
    #[must_use]
    pub fn selected(&self, mut row: Value) -> Value {
        if let (Some(select), Some(fields)) = (&self.select, row.as_object_mut()) {
            fields.retain(|name, _| select.contains(name) || name == "id" || name == "_id");
        }
        row
    }

    /// Returns a page of rows. `X-Total-Exact: false` says that the total is a lower bound.
    ///
    /// # Errors
    /// `GeneralError` when the page cannot be serialized.
    pub fn page(&self, rows: Vec<Value>, total: Total) -> Reply {
        let data: Vec<_> = rows.into_iter().map(|row| self.selected(row)).collect();
        let page = json!({ "total": total.count, "limit": self.limit, "skip": self.skip.rows(), "data": data });
        let mut response = respond(StatusCode::OK, &page)?;
        if !total.is_exact {
            let name = HeaderName::from_static("x-total-exact");
            response.headers_mut().insert(name, HeaderValue::from_static("false"));
        }
        Ok(response)
    }

    /// Filters, sorts and cuts rows that were all read. Returns the page and the total.
    #[must_use]
    pub fn cut(&self, mut rows: Vec<Value>, service: &Service) -> (Vec<Value>, Total) {
        rows.retain(|row| self.matches(row));
        for (name, order) in self.sort.iter().rev() {
            let Some(field) = service.fields.iter().find(|field| field.name == *name) else { continue };
            rows.sort_by(|one, other| match order {
                Order::Asc => field.compare(one, other),
                Order::Desc => field.compare(other, one),
            });
        }
        let total = Total::exact(rows.len() as u64);
        (rows.into_iter().skip(self.skip.rows()).take(self.limit).collect(), total)
    }
}

fn number(name: &str, node: Node) -> Result<u64, Problem> {
    let refused = || bad_request(name, "must be a whole number of at least 0");
    match node {
        Node::Text(text) => text.parse().map_err(|_| refused()),
        Node::Members(_) => Err(refused()),
    }
}

fn limit(node: Node) -> Result<usize, Problem> {
    let limit = usize::try_from(number(LIMIT, node)?).unwrap_or(usize::MAX);
    if limit > MAX_LIMIT {
        return Err(bad_request(LIMIT, format!("must be at most {MAX_LIMIT}. Use `{SKIP}` for the next page")));
    }
    Ok(limit)
}

fn skip(node: Node) -> Result<Offset, Problem> {
    Offset::parse(number(SKIP, node)?).map_err(|error| invalid(SKIP, &error))
}

fn sort(node: Node, fields: &'static [Field]) -> Result<Vec<(&'static str, Order)>, Problem> {
    let Node::Members(members) = node else {
        return Err(bad_request(SORT, "must have fields in brackets, such as `$sort[created_at]=-1`"));
    };
    let one = |(name, direction): (String, Node)| {
        let field = Field::find(SORT, &name, fields)?;
        match direction {
            Node::Text(text) if text == "1" => Ok((field.name, Order::Asc)),
            Node::Text(text) if text == "-1" => Ok((field.name, Order::Desc)),
            _ => Err(bad_request(&format!("{SORT}[{name}]"), "must be 1 or -1")),
        }
    };
    members.into_iter().map(one).collect()
}

fn select(node: Node, columns: &[&str]) -> Result<Vec<String>, Problem> {
    let selected = texts(SELECT, node)?;
    match selected.iter().find(|name| !columns.contains(&name.as_str())) {
        Some(unknown) => Err(bad_request(SELECT, unknown_field(unknown, columns))),
        None => Ok(selected),
    }
}

fn alternatives(name: &str, node: Node, fields: &'static [Field]) -> Result<Vec<Vec<Condition>>, Problem> {
    let refused = || bad_request(name, "must be an array of objects");
    let one = |node| {
        let Node::Members(members) = node else { return Err(refused()) };
        let mut all = Vec::new();
        for (name, node) in members {
            all.extend(conditions(&name, node, fields)?);
        }
        Ok(all)
    };
    node.entries().ok_or_else(refused)?.into_iter().map(one).collect()
}

fn conditions(name: &str, node: Node, fields: &'static [Field]) -> Result<Vec<Condition>, Problem> {
    let field = Field::find("", name, fields)?;
    let members = match node {
        Node::Text(text) => return Ok(vec![Condition::new(field, Operator::In, vec![text])?]),
        Node::Members(members) => members,
    };
    if members.iter().all(|(name, _)| name.is_empty() || name.parse::<u32>().is_ok()) {
        return Err(bad_request(name, "must not be an array. Use `$in`"));
    }
    let one = |(operator, node): (String, Node)| {
        let path = format!("{name}[{operator}]");
        let (known, is_list) = Operator::parse(&operator).ok_or_else(|| {
            bad_request(&path, format!("has an unknown operator. Known operators: {}", Operator::KNOWN.join(", ")))
        })?;
        let texts = match node {
            Node::Text(text) if !is_list => vec![text],
            node if is_list => texts(&path, node)?,
            _ => return Err(bad_request(&path, "must have one value")),
        };
        Condition::new(field, known, texts)
    };
    members.into_iter().map(one).collect()
}

fn texts(path: &str, node: Node) -> Result<Vec<String>, Problem> {
    let refused = || bad_request(path, "must be an array of values");
    let text = |node| match node {
        Node::Text(text) => Ok(text),
        Node::Members(_) => Err(refused()),
    };
    node.entries().ok_or_else(refused)?.into_iter().map(text).collect()
}

/// Returns the predicate of an error about a name that is not one of the known ones.
fn unknown_field(name: &str, known: &[&str]) -> String {
    let shown: String = name.chars().take(100).collect();
    match nearest(name, known) {
        Some(nearest) => format!("has the unknown field `{shown}`. Did you mean `{nearest}`?"),
        None => format!("has the unknown field `{shown}`. Known fields: {}", known.join(", ")),
    }
}

/// Returns the error for a value of a field that cannot be parsed.
fn of_value(field: &str, error: &Invalid) -> Problem {
    invalid(field, error)
}

#[cfg(test)]
mod tests;
