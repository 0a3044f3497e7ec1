use deskless_domain::{
    EventId, Existing, Field, Invalid, InvalidField, Kind, UploadQuota, authorization::Denial, provider::TransformError,
};
use deskless_store::StoreError;

/// The error of a use case.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The workspace has no such resource.
    #[error("not found")]
    NotFound,
    /// Fields of the command are invalid, or contradict the stored resource.
    #[error("invalid fields: {0:?}")]
    Invalid(Vec<InvalidField>),
    /// The state of the resource does not allow the command.
    #[error("conflict: {0:?}")]
    Conflict(Conflict),
    /// The caller's key does not allow the command.
    #[error("denied: {0:?}")]
    Denied(Denial),
    /// The version of the resource does not match the precondition.
    #[error("the version does not match the precondition")]
    VersionMismatch,
    /// A resolution was given for a conversation that is not solved.
    #[error("the conversation is not solved")]
    NotSolved,
    /// The reply window is closed: the provider accepts no free-form reply until the customer writes again.
    #[error("the reply window is closed")]
    WindowClosed,
    /// The customer has signed as many uploads as fit into their quota. A new hour begins in this number of seconds.
    #[error("the customer has reached the upload quota")]
    UploadQuotaReached(UploadQuota, u64),
    /// Events after the position have expired. The oldest position that is left is this one.
    #[error("events after the position have expired")]
    EventsExpired(EventId),
    /// The position is after the newest event of the log.
    #[error("the position is after the newest event")]
    AfterNewestEvent,
    /// The idempotency key was used for another command.
    #[error("the idempotency key was used for another command")]
    IdempotencyKeyReused,
    /// The command is a repeat, and its outcome was erased, with its conversation or customer.
    #[error("the recorded outcome was erased")]
    OutcomeErased,
    /// The command did not complete in time. It may have taken effect.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A bug, or an error in the configuration.
    #[error("internal: {0}")]
    Internal(String),
}

/// A state of a resource that does not allow a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another conversation of the workspace has this externalId.
    ExternalIdExists(Option<Existing>),
    /// Another conversation of the inbox that is not solved has this sessionKey.
    SessionKeyExists(Option<Existing>),
    /// Another member of the workspace has this email address.
    EmailExists(Option<Existing>),
    /// The message with this externalId was deleted.
    MessageDeleted,
    /// Another message of the conversation has, or had, this externalId.
    MessageIdTaken(Option<Existing>),
    /// The resource is archived.
    Archived,
    /// The bulk action has finished.
    Finished,
    /// The customer is being erased.
    Erasing,
    /// The API key is revoked.
    Revoked,
    /// The file has not been uploaded.
    NotUploaded,
    /// The upload differs from the signed file in size or content type.
    UploadDiffers,
    /// The workspace has the maximum number of resources of this kind.
    TooMany(Kind),
    /// The workspace has the maximum number of API keys.
    TooManyKeys,
}

impl AppError {
    /// Returns the error for one field.
    #[must_use]
    pub fn invalid(field: Field, invalid: Invalid) -> Self {
        Self::Invalid(vec![InvalidField::new(field, invalid)])
    }

    /// Returns the error for a field whose resource does not exist.
    #[must_use]
    pub fn no_such(field: Field, resource: &str) -> Self {
        Self::invalid(field, Invalid::new("not_found", format!("must be the id of an existing {resource}")))
    }

    /// Returns the same error, with its fields nested in another one.
    #[must_use]
    pub fn within(self, outer: impl Fn(Box<Field>) -> Field) -> Self {
        match self {
            Self::Invalid(fields) => Self::Invalid(fields.into_iter().map(|field| field.within(&outer)).collect()),
            other => other,
        }
    }
}

impl From<InvalidField> for AppError {
    fn from(invalid: InvalidField) -> Self {
        Self::Invalid(vec![invalid])
    }
}

impl From<Denial> for AppError {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<TransformError> for AppError {
    fn from(error: TransformError) -> Self {
        match error {
            TransformError::Fields(fields) => Self::Invalid(fields),
            TransformError::WindowClosed => Self::WindowClosed,
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        let conflict = match error {
            StoreError::NotFound => return Self::NotFound,
            StoreError::ConversationNotFound => return Self::no_such(Field::Conversation, "conversation"),
            StoreError::VersionMismatch => return Self::VersionMismatch,
            StoreError::NotSolved => return Self::NotSolved,
            StoreError::NotDelivered => {
                let message = "can be set only for an assistant's reply on a channel with a provider";
                return Self::invalid(Field::DeliveryStatus, Invalid::new("invalid", message));
            }
            StoreError::InvalidField(invalid) => return invalid.into(),
            StoreError::UploadQuotaReached(quota, seconds) => return Self::UploadQuotaReached(quota, seconds),
            StoreError::IdempotencyKeyReused => return Self::IdempotencyKeyReused,
            StoreError::OutcomeErased => return Self::OutcomeErased,
            StoreError::Unavailable(text) => return Self::Unavailable(text),
            StoreError::Busy(text) | StoreError::Internal(text) => return Self::Internal(text),
            StoreError::EarlierFormat => return Self::Internal(StoreError::EarlierFormat.to_string()),
            StoreError::ExternalIdExists(existing) => Conflict::ExternalIdExists(existing),
            StoreError::SessionKeyExists(existing) => Conflict::SessionKeyExists(existing),
            StoreError::EmailExists(existing) => Conflict::EmailExists(existing),
            StoreError::Archived => Conflict::Archived,
            StoreError::NotUploaded => Conflict::NotUploaded,
            StoreError::UploadDiffers => Conflict::UploadDiffers,
            StoreError::Erasing => Conflict::Erasing,
            StoreError::Revoked => Conflict::Revoked,
            StoreError::TooMany(kind) => Conflict::TooMany(kind),
            StoreError::TooManyKeys => Conflict::TooManyKeys,
            StoreError::MessageDeleted => Conflict::MessageDeleted,
            StoreError::MessageIdTaken(existing) => Conflict::MessageIdTaken(existing),
        };
        Self::Conflict(conflict)
    }
}
