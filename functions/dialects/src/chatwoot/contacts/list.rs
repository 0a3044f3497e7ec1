use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, InvalidRequest, Problem, Reply, scope::ReadCustomers};
use deskless_app::{TenantStore, customers};
use deskless_domain::{CustomerRecord, Offset, OffsetPage};

use super::page::{SIZE, page};
use crate::chatwoot::{
    blank::Blank,
    path::InAccount,
    query::{Page, as_parameter, invalid},
};

/// The largest number of contacts that are sorted otherwise than by creation.
const MAX_SORTED: usize = 1000;

/// The parameters of the list.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListContacts {
    #[deserr(default)]
    page: Page<SIZE>,
    #[deserr(default)]
    sort: Blank<String>,
    #[deserr(default)]
    include_contact_inboxes: Option<String>,
}

/// Lists contacts, newest first unless another order is given.
pub async fn list(
    caller: Caller<ReadCustomers>,
    ApiPath(path): ApiPath<InAccount>,
    ApiQuery(query): ApiQuery<ListContacts>,
) -> Reply {
    let _ = (path.account.of(caller.store())?, query.include_contact_inboxes);
    let found = match query.sort.0.as_deref() {
        None | Some("-created_at") => customers::list_at(caller.store(), None, query.page.offset, SIZE).await?,
        Some(sort) => sorted(caller.store(), sort, query.page.offset).await.map_err(as_parameter)?,
    };
    page(&found, query.page.number)
}

/// Lists contacts in another order. Reads all of them.
async fn sorted(store: &TenantStore, sort: &str, offset: Offset) -> Result<OffsetPage<CustomerRecord>, Problem> {
    let (is_descending, field) = sort.strip_prefix('-').map_or((false, sort), |field| (true, field));
    let key: fn(&CustomerRecord) -> String = match field {
        "name" => |record| text(record.customer.details.name.as_ref()),
        "email" => |record| text(record.customer.details.email.as_ref()),
        "phone_number" => |record| text(record.customer.details.phone.as_ref()),
        "created_at" => |record| record.list_position.to_string(),
        _ => {
            return Err(invalid(
                "sort",
                "must be one of name, email, phone_number, created_at, with `-` for descending",
            ));
        }
    };
    let mut all = customers::list_at(store, None, Offset::START, MAX_SORTED).await?;
    if all.total.count > MAX_SORTED as u64 {
        let message =
            format!("must be left out: there are more than {MAX_SORTED} contacts, which are listed newest first");
        return Err(invalid("sort", message));
    }
    all.rows.sort_by_cached_key(key);
    if is_descending {
        all.rows.reverse();
    }
    Ok(OffsetPage::of_all(all.rows, offset, SIZE))
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(|value| value.to_string().to_lowercase()).unwrap_or_default()
}
