use axum::extract::{FromRequestParts, RawPathParams};
use deskless_domain::{
    AssistantId, AutomationId, BulkActionId, ConversationId, CustomerId, ExecutionId, FileId, InboxId, KeyId, MemberId,
    MessageId, PipelineId, PredefinedMessageId, ViewId,
};
use http::request::Parts;

use crate::{ApiState, Problem};

/// What a path names. Anything that is no id of the right form names nothing: 404.
#[derive(Debug)]
pub struct ApiPath<T>(pub T);

/// A type that a path's parameters make.
pub trait FromPath: Sized {
    /// Reads the parameters, in the order in which they stand in the path.
    fn from_path<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<Self>;
}

macro_rules! single {
    ($($id:ident),+) => {$(
        impl FromPath for $id {
            fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
                Self::parse(parameters.next()?)
            }
        }
    )+};
}

single!(
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
    KeyId
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
