use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use deskless_domain::{Existing, InvalidField, Kind, NotDelivered, NotSolved, UploadQuota, VersionMismatch};

/// Why an operation of the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The workspace has no such item.
    #[error("not found")]
    NotFound,
    /// The conversation that a write refers to does not exist.
    #[error("the conversation does not exist")]
    ConversationNotFound,
    /// The precondition does not allow the stored version.
    #[error("the stored version is a different one")]
    VersionMismatch,
    /// A resolution was given for a conversation that is not solved.
    #[error("the conversation is not solved")]
    NotSolved,
    /// Another conversation of the workspace has this externalId.
    #[error("the externalId belongs to another conversation")]
    ExternalIdExists(Option<Existing>),
    /// Another conversation of the inbox that is not solved has this sessionKey.
    #[error("the sessionKey belongs to another conversation that is not solved")]
    SessionKeyExists(Option<Existing>),
    /// Another member of the workspace has this email address.
    #[error("the email address belongs to another member")]
    EmailExists(Option<Existing>),
    /// The resource is archived.
    #[error("the resource is archived")]
    Archived,
    /// No object was uploaded for the file.
    #[error("no object was uploaded for the file")]
    NotUploaded,
    /// The uploaded object's size or content type differs from the signed one.
    #[error("the uploaded object differs from the signed size or content type")]
    UploadDiffers,
    /// The customer is being erased.
    #[error("the customer is being erased")]
    Erasing,
    /// The API key is revoked.
    #[error("the API key is revoked")]
    Revoked,
    /// The workspace has the maximum number of resources of this kind.
    #[error("the workspace has too many {}", .0.plural())]
    TooMany(Kind),
    /// The workspace has the maximum number of API keys.
    #[error("the workspace has too many API keys")]
    TooManyKeys,
    /// The customer has signed as many uploads as fit into their quota. A new hour begins in this number of seconds.
    #[error("the customer has reached the upload quota")]
    UploadQuotaReached(UploadQuota, u64),
    /// A field is invalid given the stored state.
    #[error("a field {}", .0.invalid.message)]
    InvalidField(InvalidField),
    /// The message with this externalId was deleted.
    #[error("the message was deleted")]
    MessageDeleted,
    /// Another message of the conversation has, or had, this externalId.
    #[error("the externalId belongs to another message")]
    MessageIdTaken(Option<Existing>),
    /// A delivery status was reported for a message that no provider delivers.
    #[error("no provider delivers the message")]
    NotDelivered,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// The outcome of the command was erased, with its conversation or customer.
    #[error("the recorded outcome was erased")]
    OutcomeErased,
    /// The table or an item was written by an earlier version, in a format that this version does not read.
    #[error(
        "the data was written by an earlier version, in another format. Delete it (for the local stack: `make dev-reset`), or \
         export it with that version"
    )]
    EarlierFormat,
    /// Another run of the same command of an operator is in progress.
    #[error("{0}")]
    Busy(String),
    /// DynamoDB or S3 did not respond in time, or other writers were faster. The caller may retry.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// An error in the service or its configuration.
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
    /// Converts an SDK error. Transient errors become [`StoreError::Unavailable`], and so do refused credentials and a missing
    /// table: the request itself is valid and succeeds once the configuration is repaired.
    pub(crate) fn from_sdk<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let request = error.meta().request_id().map(|id| format!(" (request {id})")).unwrap_or_default();
        let text = format!("{}{request}", causes(error));
        if is_transient(error) || is_refused(error) { Self::Unavailable(text) } else { Self::Internal(text) }
    }
}

/// Formats an error and its causes in one line. The SDK's own format has many lines.
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

/// Returns whether a retry of the request may succeed. The request may have been executed.
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

/// Returns whether the service refuses all requests of this process, whatever they are.
fn is_refused<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(
        code,
        Some(
            "AccessDeniedException"
                | "ExpiredTokenException"
                | "IncompleteSignatureException"
                | "InvalidSignatureException"
                | "KMSAccessDeniedException"
                | "MissingAuthenticationTokenException"
                | "ResourceNotFoundException"
                | "UnrecognizedClientException"
        )
    )
}
