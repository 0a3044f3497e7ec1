use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, ok, openapi::BASE, replayed,
    scope::WriteCustomers,
};
use deskless_app::customers::{self, UpsertCustomer, WrittenCustomer};
use deskless_domain::{CompanyName, CustomerDetails, CustomerId, Email, Metadata, PersonName, PhoneNumber};
use utoipa::ToSchema;

use super::dto::CustomerResponse;

/// What you say of a customer. What you do not say stays as it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateCustomerRequest {
    /// Your own id. Without it, it is whoever has the email, else somebody new with an id of ours.
    #[deserr(default)]
    id: Option<CustomerId>,
    /// The name as it is shown.
    #[deserr(default)]
    name: Option<PersonName>,
    /// It belongs to the first customer who claims it: beside another id it is noted, and finds the first one still.
    #[deserr(default)]
    email: Option<Email>,
    /// A telephone number.
    #[deserr(default)]
    phone: Option<PhoneNumber>,
    /// Company or account.
    #[deserr(default)]
    company: Option<CompanyName>,
    /// Data of your own, replaced whole.
    #[deserr(default)]
    metadata: Option<Metadata>,
}

impl From<CreateCustomerRequest> for UpsertCustomer {
    fn from(request: CreateCustomerRequest) -> Self {
        let CreateCustomerRequest { id, name, email, phone, company, metadata } = request;
        Self { id, details: CustomerDetails { name, email, phone, company }, metadata }
    }
}

/// Create or refresh a customer
///
/// By `id`, else by `email`: 201 when somebody new was made, 200 when they were there and know more now.
#[utoipa::path(
    post,
    path = "/api/v1/customers",
    tag = "Customers",
    request_body = CreateCustomerRequest,
    responses(
        (status = 201, description = "Created", body = CustomerResponse, headers(
            ("Location" = String, description = "Where they are"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 200, description = "They were there", body = CustomerResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "They are being erased", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
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
