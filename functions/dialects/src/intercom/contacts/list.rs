use deskless_api::{ApiQuery, Caller, CursorScope, Reply, dialect::respond, scope::ReadCustomers};
use deskless_app::customers;
use deskless_domain::{Identifier, MessageId, Offset};
use http::StatusCode;
use serde_json::json;

use crate::intercom::{
    exact,
    pages::{PageQuery, Start},
    shape::contact::{ContactShape, is_visible},
};

/// List contacts, newest first, without archived ones.
pub async fn list_contacts(caller: Caller<ReadCustomers>, ApiQuery(query): ApiQuery<PageQuery<50>>) -> Reply {
    let store = caller.store();
    let (per_page, cursor) = query.parts()?;
    let scope = CursorScope::new(store.workspace_id(), &["intercom contacts"]);
    let start = Start::decode(&scope, cursor.as_deref())?;
    let page = customers::list(store, start.after.map(MessageId::from_bytes), per_page).await?;
    let next = page.next.map(|next| start.following(next.to_bytes(), page.customers.len()));
    let (total, is_exact) = match next {
        None => (u64::from(start.rows) + page.customers.len() as u64, true),
        Some(next) => {
            let total = customers::list_at(store, None, Offset::START, 0).await?.total;
            (total.count.max(u64::from(next.rows) + 1), total.is_exact)
        }
    };
    let shape = ContactShape::of(store);
    let visible = page.customers.iter().filter(|record| is_visible(record));
    let body = json!({
        "type": "list",
        "data": visible.map(|record| shape.contact(record)).collect::<Vec<_>>(),
        "total_count": total,
        "pages": start.pages(&scope, per_page, total, next),
    });
    exact(is_exact, respond(StatusCode::OK, &body))
}
