use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Optional, Patch, Reply, ok,
    scope::WriteCustomers,
};
use deskless_app::customers::{self, UpdateCustomer};
use deskless_domain::{CompanyName, CustomerId, Email, Metadata, PersonName, PhoneNumber};
use utoipa::ToSchema;

use super::dto::CustomerResponse;

/// What to change. A field that is left out stays as it is; null clears it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdateCustomerRequest {
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>, required = false)]
    name: Optional<Option<PersonName>>,
    /// A new one is claimed if nobody has; the one before stays claimed.
    #[deserr(default)]
    #[schema(value_type = Option<Email>, required = false)]
    email: Optional<Option<Email>>,
    #[deserr(default)]
    #[schema(value_type = Option<PhoneNumber>, required = false)]
    phone: Optional<Option<PhoneNumber>>,
    #[deserr(default)]
    #[schema(value_type = Option<CompanyName>, required = false)]
    company: Optional<Option<CompanyName>>,
    /// Replaced whole.
    #[deserr(default)]
    #[schema(value_type = Option<Metadata>, required = false)]
    metadata: Optional<Option<Metadata>>,
}

impl From<UpdateCustomerRequest> for UpdateCustomer {
    fn from(request: UpdateCustomerRequest) -> Self {
        let UpdateCustomerRequest { name, email, phone, company, metadata } = request;
        Self {
            name: name.change(),
            email: email.change(),
            phone: phone.change(),
            company: company.change(),
            metadata: metadata.change(),
        }
    }
}

/// Update a customer
#[utoipa::path(
    patch,
    path = "/api/v1/customers/{customerId}",
    tag = "Customers",
    params(("customerId" = String, Path, description = "Your own id of the customer")),
    request_body = UpdateCustomerRequest,
    responses(
        (status = 200, description = "The customer as they are now", body = CustomerResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
        (status = 409, description = "They are being erased", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn update_customer(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<UpdateCustomerRequest>>,
) -> Reply {
    let record = customers::update(caller.store(), &id, &request.into(), &precondition).await?;
    ok(record.version, &CustomerResponse::from(&record))
}
