use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, Given, IfMatch, InvalidRequest, NoParameters, Patch, Reply, ok,
    scope::WriteCustomers,
};
use deskless_domain::{CompanyName, CustomerId, CustomerRecord, Email, Metadata, PersonName, PhoneNumber};
use utoipa::ToSchema;

use super::dto::CustomerResponse;

/// What to change. A field that is left out stays as it is; null clears it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdateCustomerRequest {
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>, required = false)]
    name: Given<Option<PersonName>>,
    /// A new one is claimed if nobody has; the one before stays claimed.
    #[deserr(default)]
    #[schema(value_type = Option<Email>, required = false)]
    email: Given<Option<Email>>,
    #[deserr(default)]
    #[schema(value_type = Option<PhoneNumber>, required = false)]
    phone: Given<Option<PhoneNumber>>,
    #[deserr(default)]
    #[schema(value_type = Option<CompanyName>, required = false)]
    company: Given<Option<CompanyName>>,
    /// Replaced whole.
    #[deserr(default)]
    #[schema(value_type = Option<Metadata>, required = false)]
    metadata: Given<Option<Metadata>>,
}

impl UpdateCustomerRequest {
    fn apply(&self, record: &mut CustomerRecord) {
        fn put<T: Clone>(place: &mut Option<T>, given: &Given<Option<T>>) {
            if let Some(value) = &given.0 {
                place.clone_from(value);
            }
        }
        let details = &mut record.customer.details;
        put(&mut details.name, &self.name);
        put(&mut details.email, &self.email);
        put(&mut details.phone, &self.phone);
        put(&mut details.company, &self.company);
        if let Some(metadata) = &self.metadata.0 {
            record.metadata = metadata.clone().unwrap_or_default();
        }
    }
}

/// Change a customer
#[utoipa::path(
    patch,
    path = "/api/v1/customers/{customerId}",
    tag = "Customers",
    params(("customerId" = String, Path, description = "Your own id of the customer")),
    request_body = UpdateCustomerRequest,
    responses(
        (status = 200, description = "The customer as they are now", body = CustomerResponse, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 409, description = "They are being erased", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn update_customer(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<UpdateCustomerRequest>>,
) -> Reply {
    let record = caller.store().update_customer(&id, expected, |record| request.apply(record)).await?;
    ok(Some(record.version), &CustomerResponse::from(&record))
}
