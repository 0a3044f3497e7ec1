use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, ok, openapi::BASE, replayed,
    scope::WriteCustomers,
};
use deskless_app::customers::{self, UpsertCustomer, WrittenCustomer};
use deskless_domain::{CompanyName, CustomerDetails, CustomerId, Email, Metadata, PersonName, PhoneNumber};
use utoipa::ToSchema;

use super::dto::CustomerResponse;

/// A customer to create or update. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateCustomerRequest {
    /// The id in your own system. The default is a generated id.
    #[deserr(default)]
    id: Option<CustomerId>,
    /// The display name.
    #[deserr(default)]
    name: Option<PersonName>,
    /// Several customers can have one address.
    #[deserr(default)]
    email: Option<Email>,
    /// The phone number.
    #[deserr(default)]
    phone: Option<PhoneNumber>,
    /// The company or account.
    #[deserr(default)]
    company: Option<CompanyName>,
    /// Your own data.
    #[deserr(default)]
    metadata: Option<Metadata>,
}

impl From<CreateCustomerRequest> for UpsertCustomer {
    fn from(request: CreateCustomerRequest) -> Self {
        let CreateCustomerRequest { id, name, email, phone, company, metadata } = request;
        Self { id, details: CustomerDetails { name, email, phone, company }, metadata }
    }
}

/// Create or update a customer
///
/// Updates the customer with this `id`, or without an `id` the first one with this `email`, and returns 200. If there is none,
/// creates a customer and returns 201.
#[utoipa::path(
    post,
    path = "/api/v1/customers",
    tag = "Customers",
    request_body = CreateCustomerRequest,
    responses(
        (status = 201, description = "The new customer", body = CustomerResponse, headers(
            ("Location" = String, description = "The path of the new customer"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 200, description = "The updated customer", body = CustomerResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The customer is being erased", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_customer(
    caller: Caller<WriteCustomers>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateCustomerRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let written = customers::upsert(caller.store(), &request.into(), key.as_ref()).await?;
    let WrittenCustomer { record, is_new } = &written.outcome;
    let response = CustomerResponse::from(record);
    let reply = if *is_new {
        created(format!("{BASE}/customers/{}", record.customer.id), record.version, &response)
    } else {
        ok(record.version, &response)
    };
    replayed(written.is_replay, reply)
}
