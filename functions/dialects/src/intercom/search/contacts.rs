//! The search of contacts.

use std::{cmp::Reverse, collections::BTreeSet};

use deskless_api::{
    ApiQuery, Caller, CursorScope, Idempotent, NoParameters, Problem, Reply, dialect::respond, scope::ReadCustomers,
};
use deskless_app::{AppError, TenantStore, customers};
use deskless_domain::{CustomerId, CustomerRecord, Email, Identifier, MessageId};
use http::StatusCode;
use serde_json::json;

use super::{
    Condition, Context, Operator, Query, Test,
    conversations::SearchRequest,
    error,
    test::{Field, Kind},
};
use crate::intercom::{
    attributes::Attributes,
    pages::{Pagination, Start},
    shape::contact::{ContactShape, is_visible, role},
    values::{TagIds, refuse},
};

/// The most contacts with one email address that a search reads.
const MAX_OF_EMAIL: usize = 200;

/// A contact that is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Lookup {
    Id(String),
    Email(String),
}

/// Search for contacts, newest first.
pub async fn search_contacts(
    caller: Caller<ReadCustomers>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<SearchRequest>,
) -> Reply {
    let SearchRequest { query, pagination, sort } = request.body;
    refuse(&[("sort", &sort)])?;
    let (per_page, cursor) = Pagination::parts(pagination, 50)?;
    let store = caller.store();
    let scope = CursorScope::new(store.workspace_id(), &["intercom contacts", &query.to_string()]);
    let start = Start::decode(&scope, cursor.as_deref())?;
    let query = Query::parse(&query)?;
    let test = Test::of(&query, FIELDS)?;
    let lookups = lookups(&query).ok_or_else(|| {
        let message =
            "must have a condition on email, id or external_id with the operator = or IN, which all results match";
        error("query", "invalid", message)
    })?;
    let context = Context { now: store.clock().now(), tags: TagIds::new(store.workspace_id()) };
    let mut found = Vec::new();
    for lookup in lookups {
        found.extend(read(store, &lookup).await?);
    }
    found.retain(|record| is_visible(record) && test.holds(record, &context));
    found.sort_by_key(|record| Reverse(record.list_position));
    found.dedup_by_key(|record| record.list_position);
    let total = found.len() as u64;
    if let Some(after) = start.after {
        found.retain(|record| record.list_position < MessageId::from_bytes(after));
    }
    let has_more = found.len() > per_page;
    found.truncate(per_page);
    let next =
        found.last().filter(|_| has_more).map(|last| start.following(last.list_position.to_bytes(), found.len()));
    let shape = ContactShape::of(store);
    let body = json!({
        "type": "list",
        "data": found.iter().map(|record| shape.contact(record)).collect::<Vec<_>>(),
        "total_count": total,
        "pages": start.pages(&scope, per_page, total, next),
    });
    respond(StatusCode::OK, &body)
}

/// Returns the contacts among which are all matches; `None` if the query does not limit them.
fn lookups(query: &Query) -> Option<BTreeSet<Lookup>> {
    match query {
        Query::All(parts) => parts.iter().filter_map(lookups).min_by_key(BTreeSet::len),
        Query::Any(parts) => parts.iter().map(lookups).try_fold(BTreeSet::new(), |mut all, part| {
            all.extend(part?);
            Some(all)
        }),
        Query::Is(Condition { field, operator: Operator::Equal | Operator::In, values }) => {
            let lookup: fn(String) -> Lookup = match field.as_str() {
                "id" | "external_id" => Lookup::Id,
                "email" => Lookup::Email,
                _ => return None,
            };
            Some(values.iter().cloned().map(lookup).collect())
        }
        Query::Is(_) => None,
    }
}

async fn read(store: &TenantStore, lookup: &Lookup) -> Result<Vec<CustomerRecord>, Problem> {
    match lookup {
        Lookup::Id(id) => {
            let Ok(id) = CustomerId::parse(id.clone()) else { return Ok(Vec::new()) };
            match customers::get(store, &id).await {
                Ok(record) => Ok(vec![record]),
                Err(AppError::NotFound) => Ok(Vec::new()),
                Err(error) => Err(error.into()),
            }
        }
        Lookup::Email(email) => {
            let Ok(email) = Email::parse(email.clone()) else { return Ok(Vec::new()) };
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = customers::list_by_email(store, &email, after, 100).await?;
                found.extend(page.customers);
                after = page.next;
                if after.is_none() {
                    return Ok(found);
                }
                if found.len() >= MAX_OF_EMAIL {
                    let message = format!("has more than {MAX_OF_EMAIL} contacts. Search for their ids instead");
                    return Err(error("email", "too_many", message));
                }
            }
        }
    }
}

const FIELDS: &[Field<CustomerRecord>] = &[
    Field { name: "id", kind: Kind::Keyword(|row, _| vec![row.customer.id.to_string()]) },
    Field { name: "external_id", kind: Kind::Keyword(|row, _| vec![row.customer.id.to_string()]) },
    Field { name: "email", kind: Kind::Text(|row, _| email(row)) },
    Field { name: "email_domain", kind: Kind::Text(|row, _| email(row).iter().filter_map(|e| domain(e)).collect()) },
    Field {
        name: "name",
        kind: Kind::Text(|row, _| row.customer.details.name.iter().map(ToString::to_string).collect()),
    },
    Field {
        name: "phone",
        kind: Kind::Text(|row, _| row.customer.details.phone.iter().map(ToString::to_string).collect()),
    },
    Field { name: "role", kind: Kind::Keyword(|row, _| vec![role(row, &Attributes::of(&row.metadata))]) },
    Field { name: "created_at", kind: Kind::Time(|row| Some(row.created_at().as_seconds())) },
    Field { name: "updated_at", kind: Kind::Time(|row| Some(row.updated_at.as_seconds())) },
];

/// Returns the address as it was given, and as addresses are compared.
fn email(row: &CustomerRecord) -> Vec<String> {
    row.customer.details.email.iter().flat_map(|email| [email.to_string(), email.normalized()]).collect()
}

fn domain(email: &str) -> Option<String> {
    email.rsplit_once('@').map(|(_, domain)| domain.to_owned())
}
