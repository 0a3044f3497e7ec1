use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Optional, Patch, Reply, ok,
    scope::WriteCustomers,
};
use deskless_app::customers::{self, UpdateCustomer};
use deskless_domain::{CompanyName, CustomerId, Email, Metadata, PersonName, PhoneNumber};
use utoipa::ToSchema;

use super::dto::CustomerResponse;

/// An update of a customer. A field that you leave out does not change. `null` clears it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdateCustomerRequest {
    /// The display name.
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>, required = false)]
    name: Optional<Option<PersonName>>,
    /// The email address.
    #[deserr(default)]
    #[schema(value_type = Option<Email>, required = false)]
    email: Optional<Option<Email>>,
    /// The phone number.
    #[deserr(default)]
    #[schema(value_type = Option<PhoneNumber>, required = false)]
    phone: Optional<Option<PhoneNumber>>,
    /// The company or account.
    #[deserr(default)]
    #[schema(value_type = Option<CompanyName>, required = false)]
    company: Optional<Option<CompanyName>>,
    /// Your own data.
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
///
/// Updates the fields that you send. The customer's conversations get the new details in the background.
#[utoipa::path(
    patch,
    path = "/api/v1/customers/{customerId}",
    tag = "Customers",
    params(("customerId" = String, Path, description = "The customer's id in your own system")),
    request_body = UpdateCustomerRequest,
    responses(
        (status = 200, description = "The updated customer", body = CustomerResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
        (status = 409, description = "The customer is being erased", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
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
