//! The mapping from errors of use cases to problems.

use deskless_app::{AppError, Conflict};
use deskless_domain::{ApiKey, UploadQuota};
use deskless_store::StoreError;

use super::{Code, Problem};
use crate::fields::InvalidRequest;

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound => Self::not_found(),
            AppError::Invalid(fields) => {
                let errors = fields.into_iter().flat_map(|field| InvalidRequest::from(field).0);
                Self::invalid(errors.collect())
            }
            AppError::Conflict(conflict) => conflict.into(),
            AppError::Denied(denial) => denial.into(),
            AppError::VersionMismatch => Self::new(
                Code::VersionMismatch,
                "The resource has changed since you read it: `If-Match` does not match its version. Fetch it again and retry.",
            ),
            AppError::NotSolved => Self::new(
                Code::NotSolved,
                "Only a solved conversation has a `resolution`. Set `status` to `solved` in the same request.",
            ),
            AppError::WindowClosed => Self::new(
                Code::WindowClosed,
                "The customer last wrote more than 24 hours ago, or never. Until they write again, only a template can be sent.",
            ),
            AppError::UploadQuotaReached(UploadQuota { files, bytes }, seconds) => {
                let detail = format!(
                    "Upload limit exceeded: a customer can sign {files} files and {bytes} bytes an hour. Try again in {seconds} s."
                );
                Self { retry_after: Some(seconds), ..Self::new(Code::RateLimited, detail) }
            }
            AppError::EventsExpired(oldest) => {
                let detail = format!(
                    "Events after this position have expired: they are kept for 30 days. Continue with `after={oldest}`, the oldest \
                     position, and synchronize what you have missed."
                );
                Self { oldest_cursor: Some(Box::new(oldest)), ..Self::new(Code::CursorExpired, detail) }
            }
            AppError::AfterNewestEvent => Self::new(
                Code::InvalidCursor,
                "`after` is a position after the newest event of this workspace. Send the id of an event or the `nextCursor` of a \
                 page, or `after=latest` for new events only.",
            ),
            AppError::IdempotencyKeyReused => Self::new(
                Code::IdempotencyKeyReused,
                "This `Idempotency-Key` was used with another body or query. Use a new key for each new request.",
            ),
            AppError::OutcomeErased => Self::new(
                Code::ResponseDeleted,
                "This request was carried out before with the same `Idempotency-Key`. Its response was deleted together with the \
                 conversation or the customer. Nothing was created again. To create something new, use a new key.",
            ),
            AppError::Unavailable(log) => Self { log: Some(log), ..Self::new(Code::Unavailable, UNAVAILABLE) },
            AppError::Internal(log) => Self::internal(log),
        }
    }
}

const UNAVAILABLE: &str = "The request timed out and may have been carried out. Retry it. Send an `Idempotency-Key` with POST requests \
                     so that a retry has no second effect.";

impl From<Conflict> for Problem {
    fn from(conflict: Conflict) -> Self {
        let too_many;
        let (code, detail) = match conflict {
            Conflict::ExternalIdExists(_) => (Code::ExternalIdExists, "Another conversation has this `externalId`."),
            Conflict::SessionKeyExists(_) => (
                Code::SessionKeyExists,
                "Another conversation of the inbox has this `sessionKey` and is not solved. Use that one, or solve it first.",
            ),
            Conflict::EmailExists(_) => {
                (Code::EmailExists, "Another member has this `email`. Update that member instead.")
            }
            Conflict::MessageDeleted => {
                (Code::MessageDeleted, "The message with this `externalId` was deleted. It cannot be added again.")
            }
            Conflict::MessageIdTaken(_) => {
                (Code::Conflict, "Another message in this conversation has or had this `externalId`.")
            }
            Conflict::Archived => (Code::Conflict, "The resource is archived and cannot be updated."),
            Conflict::Finished => (Code::Conflict, "The bulk action has already finished and cannot be cancelled."),
            Conflict::Erasing => (
                Code::Conflict,
                "The customer is being erased. You can use the id again one minute after their last conversation is deleted.",
            ),
            Conflict::Revoked => (Code::Conflict, "The API key is revoked and cannot be updated."),
            Conflict::NotUploaded => {
                (Code::Conflict, "The file has not been uploaded. Upload it with the signed form, then register it.")
            }
            Conflict::UploadDiffers => (
                Code::Conflict,
                "The uploaded file differs from the signed one in size or content type. Sign and upload it again.",
            ),
            Conflict::TooMany(kind) => {
                let (max, plural) = (kind.max_resources(), kind.plural());
                too_many = format!("A workspace can have at most {max} {plural}. Delete one first.");
                (Code::Conflict, too_many.as_str())
            }
            Conflict::TooManyKeys => {
                too_many = format!("A workspace can have at most {} API keys. Revoke one first.", ApiKey::MAX_KEYS);
                (Code::Conflict, too_many.as_str())
            }
        };
        let existing = match conflict {
            Conflict::ExternalIdExists(existing)
            | Conflict::SessionKeyExists(existing)
            | Conflict::EmailExists(existing)
            | Conflict::MessageIdTaken(existing) => existing,
            _ => None,
        };
        Self { existing: existing.map(Box::new), ..Self::new(code, detail) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        AppError::from(error).into()
    }
}
