use deskless_api::Reply;
use deskless_domain::{CustomerRecord, OffsetPage};
use serde::Serialize;

use crate::chatwoot::{dto::ContactObject, query::counted};

/// The number of contacts on a page.
pub const SIZE: usize = 15;

#[derive(Serialize)]
struct Meta {
    count: u64,
    current_page: u64,
    has_more: bool,
}

#[derive(Serialize)]
struct PageOfContacts {
    meta: Meta,
    payload: Vec<ContactObject>,
}

/// Returns a page of contacts. A contact that is being erased is not shown.
pub fn page(page: &OffsetPage<CustomerRecord>, number: u64) -> Reply {
    let shown = page.rows.iter().filter(|record| record.erasure.is_none());
    let meta = Meta {
        count: page.total.count,
        current_page: number,
        has_more: page.total.count > number.saturating_mul(SIZE as u64),
    };
    let payload = shown.map(|record| ContactObject::of_record(record, Vec::new())).collect();
    counted(&PageOfContacts { meta, payload }, page.total.is_exact)
}
