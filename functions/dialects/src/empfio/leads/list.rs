use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, InvalidRequest, Reply, dialect::respond, scope::ReadCustomers};
use deskless_app::customers;
use deskless_domain::{Email, Invalid};
use http::StatusCode;

use super::dto::{LeadObject, LeadPage};
use crate::numbers::{Page, Size, page_offset, with_total};

/// The page and the filter.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListQuery {
    #[deserr(default)]
    page: Page,
    #[deserr(default)]
    size: Size<20, 100>,
    #[deserr(default)]
    search: Option<String>,
    #[deserr(default)]
    status: Option<String>,
    #[deserr(default)]
    channel: Option<String>,
}

/// Lists leads, newest first.
pub async fn list_leads(caller: Caller<ReadCustomers>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    for (parameter, value) in [("status", &query.status), ("channel", &query.channel)] {
        if value.is_some() {
            let message = "is not supported: leads have no index by it. Filter what the list returns";
            return Err(InvalidRequest::one(parameter, &Invalid::new("unsupported", message)).into());
        }
    }
    let email = query.search.map(Email::parse).transpose().map_err(|_| {
        let message = "must be a whole email address: leads are found by it only";
        InvalidRequest::one("search", &Invalid::new("unsupported", message))
    })?;
    let offset = page_offset("page", query.page, query.size.0)?;
    let list = customers::list_at(caller.store(), email.as_ref(), offset, query.size.rows()).await?;
    let page = LeadPage {
        leads: list.rows.iter().map(LeadObject::from).collect(),
        total: list.total.count,
        page: query.page.0,
        size: query.size.0,
    };
    with_total(list.total, respond(StatusCode::OK, &page))
}
