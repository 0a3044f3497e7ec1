use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, done, finish, openapi::BASE,
    scope::WriteCustomers,
};
use deskless_domain::{CompanyName, CustomerDetails, CustomerId, Email, Metadata, PersonName, PhoneNumber};
use deskless_store::{Upsert, Upserted};
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

impl From<CreateCustomerRequest> for Upsert {
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
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 200, description = "They were there", body = CustomerResponse, headers(
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 409, description = "They are being erased", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_customer(
    caller: Caller<WriteCustomers>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateCustomerRequest>,
) -> Reply {
    let answer = |Upserted { record, is_new }: &Upserted| {
        let body = CustomerResponse::from(record);
        if *is_new {
            created(format!("{BASE}/customers/{}", record.customer.id), record.version, &body)
        } else {
            done(record.version, &body)
        }
    };
    let (request, repeat) = request.into_parts(&caller, &answer);
    let outcome = caller.store().upsert_customer(request.into(), repeat).await?;
    finish(outcome, answer)
}
