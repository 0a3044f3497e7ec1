use deskless_api::{ApiJson, ApiPath, ApiQuery, Caller, NoParameters, Problem, Reply, scope::WriteCustomers};
use deskless_app::{
    AppError,
    customers::{self, UpdateCustomer},
};
use deskless_domain::{CustomerId, CustomerRecord, FieldChange};

use super::{create::ContactRequest, reply};
use crate::intercom::{
    attributes::Attributes,
    error::{NO_USER, not_found},
    values::invalid,
};

/// The error of a change of a contact.
pub enum ChangeError {
    /// The error of the use case.
    App(AppError),
    /// A problem with the request.
    Request(Problem),
}

impl From<AppError> for ChangeError {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<Problem> for ChangeError {
    fn from(problem: Problem) -> Self {
        Self::Request(problem)
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::App(AppError::NotFound) => not_found(NO_USER),
            ChangeError::App(error) => error.into(),
            ChangeError::Request(problem) => problem,
        }
    }
}

/// Update a contact. Custom attributes that are not sent stay.
pub async fn update_contact(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    ApiJson(request): ApiJson<ContactRequest>,
) -> Reply {
    if request.id()?.is_some_and(|given| given != id) {
        let message = format!("must be {id}: an id that was given to a contact, or generated, cannot be changed");
        return Err(invalid("external_id", message));
    }
    let command = |record: &CustomerRecord| -> Result<UpdateCustomer, ChangeError> {
        let mut attributes = Attributes::of(&record.metadata);
        request.apply(&mut attributes)?;
        Ok(UpdateCustomer {
            name: request.name.clone().change(),
            email: request.email.clone().change(),
            phone: request.phone.clone().change(),
            company: FieldChange::Keep,
            metadata: FieldChange::Set(attributes.metadata()?),
        })
    };
    let updated = customers::edit(caller.store(), &id, command).await?;
    reply(caller.store(), &updated)
}
