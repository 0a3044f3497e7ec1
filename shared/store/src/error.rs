use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use deskless_domain::{InvalidField, Kind, NotDelivered, NotSolved, VersionMismatch};

/// Why the table did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The workspace has no such item.
    #[error("not found")]
    NotFound,
    /// The conversation that a write refers to does not exist.
    #[error("the conversation does not exist")]
    ConversationNotFound,
    /// The stored version is not one that the precondition allows.
    #[error("another version is stored")]
    VersionMismatch,
    /// A resolution was given for a conversation that is not solved.
    #[error("the conversation is not solved")]
    NotSolved,
    /// Another conversation of the workspace has this externalId.
    #[error("the externalId is taken")]
    ExternalIdExists,
    /// The resource is archived.
    #[error("the resource is archived")]
    Archived,
    /// Nothing was uploaded for the file.
    #[error("nothing was uploaded")]
    NotUploaded,
    /// The upload has another size or type than was signed.
    #[error("the upload differs from what was signed")]
    UploadDiffers,
    /// The customer is being erased.
    #[error("the customer is being erased")]
    Erasing,
    /// The API key is revoked.
    #[error("the API key is revoked")]
    Revoked,
    /// The workspace has as many resources of this kind as it can.
    #[error("there are too many {}", .0.plural())]
    TooMany(Kind),
    /// A field that is wrong beside what is stored.
    #[error("a field {}", .0.invalid.message)]
    InvalidField(InvalidField),
    /// The message with this externalId was deleted.
    #[error("the message was deleted")]
    MessageDeleted,
    /// Another message of the conversation has, or had, this externalId.
    #[error("the externalId belongs to another message")]
    MessageIdTaken,
    /// A delivery status was reported for a message that no provider delivers.
    #[error("no provider delivers the message")]
    NotDelivered,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// The table did not answer in time. The request may be retried.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of the service or of its configuration.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<VersionMismatch> for StoreError {
    fn from(_: VersionMismatch) -> Self {
        Self::VersionMismatch
    }
}

impl From<NotSolved> for StoreError {
    fn from(_: NotSolved) -> Self {
        Self::NotSolved
    }
}

impl From<NotDelivered> for StoreError {
    fn from(_: NotDelivered) -> Self {
        Self::NotDelivered
    }
}

impl StoreError {
    /// Converts an error of the SDK. Transient ones become [`StoreError::Unavailable`].
    pub(crate) fn from_sdk<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let request = error.meta().request_id().map(|id| format!(" (request {id})")).unwrap_or_default();
        let text = format!("{}{request}", causes(error));
        if is_transient(error) { Self::Unavailable(text) } else { Self::Internal(text) }
    }
}

/// Formats an error and its causes in one line. The SDK's own format takes pages.
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

/// Returns whether the same request may succeed later. It may even have been carried out.
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
