use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use deskless_domain::{InvalidField, Kind};

/// What can come of asking the table, in the table's own terms.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such thing in this workspace.
    #[error("not found")]
    NotFound,
    /// A field refers to something that there is not, or that is archived and cannot be chosen any more.
    #[error("{0} refers to nothing")]
    NoSuchReference(&'static str),
    /// The version that the caller expected is not the stored one.
    #[error("another version is stored")]
    VersionMismatch,
    /// A resolution was said of a conversation that is not solved.
    #[error("the conversation is not solved")]
    NotSolved,
    /// Another conversation of the workspace has this externalId.
    #[error("the externalId is taken")]
    ExternalIdExists,
    /// It was deleted, and is there only so that conversations can name it.
    #[error("it is archived")]
    Archived,
    /// It has ended, and cannot be stopped any more.
    #[error("it has ended")]
    Ended,
    /// Nothing was uploaded for the file.
    #[error("nothing was uploaded")]
    NotUploaded,
    /// What was uploaded has another size or type than what was signed.
    #[error("the upload is not what was signed")]
    UploadDiffers,
    /// The customer is being erased.
    #[error("the customer is being erased")]
    Erasing,
    /// The API key was revoked.
    #[error("the key is revoked")]
    Revoked,
    /// The workspace has as many of this kind as it can have.
    #[error("there are too many {}", .0.plural())]
    TooMany(Kind),
    /// A field that is wrong beside what is stored.
    #[error("{0}")]
    InvalidField(InvalidField),
    /// The message with this provider's id was deleted.
    #[error("the message was deleted")]
    MessageDeleted,
    /// Another message of the conversation has, or had, this provider's id.
    #[error("the provider's id belongs to another message")]
    MessageIdTaken,
    /// A delivery status was reported of a message that no provider carries.
    #[error("no provider carries the message")]
    NotCarried,
    /// The idempotency key was used for another request.
    #[error("the idempotency key belongs to another request")]
    IdempotencyKeyReused,
    /// The table did not take the request in time; it may be tried again.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours, or of how we are set up.
    #[error("internal: {0}")]
    Internal(String),
}

impl StoreError {
    /// Wraps the SDK's error: what may pass by waiting is [`StoreError::Unavailable`].
    pub(crate) fn from_sdk<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let request = error.meta().request_id().map(|id| format!(" (request {id})")).unwrap_or_default();
        let text = format!("{}{request}", causes(error));
        if is_transient(error) { Self::Unavailable(text) } else { Self::Internal(text) }
    }
}

/// An error and what caused it, in a line. (The SDK's own way of showing all of it adds pages of structure.)
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// Whether the same request may succeed later; it may even have been carried out.
pub(crate) fn is_transient<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(service) => {
            service.raw().status().is_server_error()
                || matches!(
                    service.err().code(),
                    Some(
                        "ThrottlingException"
                            | "ProvisionedThroughputExceededException"
                            | "RequestLimitExceeded"
                            | "TransactionInProgressException"
                            | "TransactionConflictException"
                            | "LimitExceededException"
                            | "InternalServerError"
                    )
                )
        }
        _ => false,
    }
}
