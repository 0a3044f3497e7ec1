use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, Reply, scope::ReadCustomers};
use deskless_domain::Email;

use super::{
    page::{SIZE, page},
    search::{with_email, with_identifier},
};
use crate::chatwoot::{
    filter::FilterRequest,
    path::InAccount,
    query::{Page, invalid},
};

/// The parameters of the filter.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct FilterContacts {
    #[deserr(default)]
    page: Page<SIZE>,
}

/// Filters contacts by `email` or `identifier`.
pub async fn filter(
    caller: Caller<ReadCustomers>,
    ApiPath(path): ApiPath<InAccount>,
    ApiQuery(query): ApiQuery<FilterContacts>,
    request: Idempotent<FilterRequest>,
) -> Reply {
    let _ = path.account.of(caller.store())?;
    let mut conditions = request.body.conditions()?;
    let condition = conditions.pop().filter(|_| conditions.is_empty());
    let condition = condition.ok_or_else(|| invalid("payload", "must have one condition. More are not supported"))?;
    let found = match condition.attribute.as_str() {
        "email" => {
            let email = Email::parse(condition.value).map_err(|error| invalid("values", error.message))?;
            with_email(caller.store(), &email, query.page.offset).await?
        }
        "identifier" => with_identifier(caller.store(), condition.value, query.page.offset).await?,
        _ => return Err(invalid("attribute_key", "must be email or identifier. Other attributes are not supported")),
    };
    page(&found, query.page.number)
}
