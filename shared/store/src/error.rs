use aws_sdk_dynamodb::{
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::RequestId,
};

/// What can come of asking the table, in the table's own terms.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such thing in this workspace.
    #[error("not found")]
    NotFound,
    /// The version that the caller expected is not the stored one.
    #[error("another version is stored")]
    VersionMismatch,
    /// A resolution was said of a conversation that is not solved.
    #[error("the conversation is not solved")]
    NotSolved,
    /// Another conversation of the workspace has this externalId.
    #[error("the externalId is taken")]
    ExternalIdExists,
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
        let text = format!(
            "{} (request {})",
            DisplayErrorContext(error),
            error.meta_request_id().unwrap_or("without an id")
        );
        if is_transient(error) { Self::Unavailable(text) } else { Self::Internal(text) }
    }
}

trait MetaRequestId {
    fn meta_request_id(&self) -> Option<&str>;
}

impl<E: ProvideErrorMetadata> MetaRequestId for SdkError<E> {
    fn meta_request_id(&self) -> Option<&str> {
        self.as_service_error().and_then(|error| error.meta().request_id())
    }
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
