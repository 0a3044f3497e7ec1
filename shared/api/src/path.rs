use axum::extract::{FromRequestParts, RawPathParams};
use deskless_domain::{
    AssistantId, AutomationId, BulkActionId, ConversationId, CustomerId, ExecutionId, FileId, InboxId, KeyId, MemberId,
    MessageId, PipelineId, PredefinedMessageId, ViewId, WebhookEndpointId,
};
use http::request::Parts;

use crate::{ApiState, Problem};

/// The parameters of a path. A malformed id returns 404, as an unknown id does.
#[derive(Debug)]
pub struct ApiPath<T>(pub T);

/// A type that is parsed from path parameters.
pub trait FromPath: Sized {
    /// Parses the parameters, in the order of the path.
    fn from_path<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<Self>;
}

// A macro because a blanket implementation for `Identifier` would conflict with the one for `CustomerId`.
macro_rules! from_one_id {
    ($($id:ident),+) => {$(
        impl FromPath for $id {
            fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
                Self::parse(parameters.next()?)
            }
        }
    )+};
}

from_one_id!(
    AutomationId,
    BulkActionId,
    ConversationId,
    FileId,
    InboxId,
    MemberId,
    AssistantId,
    PipelineId,
    ViewId,
    PredefinedMessageId,
    KeyId,
    WebhookEndpointId
);

impl FromPath for CustomerId {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?.to_owned()).ok()
    }
}

impl FromPath for (ConversationId, MessageId) {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some((ConversationId::parse(parameters.next()?)?, MessageId::parse(parameters.next()?)?))
    }
}

impl FromPath for String {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        parameters.next().map(str::to_owned)
    }
}

impl FromPath for (ConversationId, String) {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some((ConversationId::parse(parameters.next()?)?, parameters.next()?.to_owned()))
    }
}

impl FromPath for (CustomerId, String) {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some((CustomerId::parse(parameters.next()?.to_owned()).ok()?, parameters.next()?.to_owned()))
    }
}

impl FromPath for (AutomationId, ExecutionId) {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some((AutomationId::parse(parameters.next()?)?, ExecutionId::parse(parameters.next()?)?))
    }
}

impl<T: FromPath> FromRequestParts<ApiState> for ApiPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        T::from_path(parameters.iter().map(|(_, value)| value)).map(Self).ok_or_else(Problem::not_found)
    }
}
