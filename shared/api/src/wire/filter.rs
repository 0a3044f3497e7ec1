//! Conversation filters in queries, bodies and views.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{Assigned, Identifier, Invalid};

use crate::{InvalidRequest, fields::string};

/// A boolean, as a JSON boolean or as the text `true` or `false` in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Deserr<InvalidRequest> for Flag {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        match value {
            Value::Boolean(value) => Ok(Self(value)),
            Value::String(text) if text == "true" => Ok(Self(true)),
            Value::String(text) if text == "false" => Ok(Self(false)),
            _ => Err(InvalidRequest::at(location, &Invalid::new("wrong_type", "must be `true` or `false`"))),
        }
    }
}

/// The id of an assignee, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssignedTo<T>(pub Assigned<T>);

impl<I: Identifier> Deserr<InvalidRequest> for AssignedTo<I> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = string(value, location)?;
        if text == "none" {
            return Ok(Self(Assigned::None));
        }
        let invalid = || InvalidRequest::at(location, &Invalid::new("invalid", "must be a UUID or `none`"));
        I::parse(&text).map(|id| Self(Assigned::To(id))).ok_or_else(invalid)
    }
}

/// Defines a request type with all conversation filters after its own fields. A macro because neither `deserr` nor `utoipa` can
/// flatten one type into another and still refuse unknown fields.
#[macro_export]
macro_rules! with_filters {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Debug, Clone, ::deserr::Deserr, ::utoipa::ToSchema, ::utoipa::IntoParams)]
        #[deserr(error = $crate::InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
        #[schema(rename_all = "camelCase")]
        #[into_params(parameter_in = Query, rename_all = "camelCase")]
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* $field: $type,)*
            /// Only conversations with this status.
            #[deserr(default)]
            status: Option<::deskless_domain::Status>,
            /// Only conversations with this resolution.
            #[deserr(default)]
            resolution: Option<::deskless_domain::Resolution>,
            /// Only conversations on this channel.
            #[deserr(default)]
            channel: Option<::deskless_domain::Channel>,
            /// Only conversations with this customer.
            #[deserr(default)]
            customer_id: Option<::deskless_domain::CustomerId>,
            /// Only conversations with the customer who has this email address: the first one who claimed it.
            #[deserr(default)]
            customer_email: Option<::deskless_domain::Email>,
            /// Only the conversation with this id in your own system.
            #[deserr(default)]
            external_id: Option<::deskless_domain::ExternalId>,
            /// Only conversations with this key of their channel. With `inboxId` and `status` (`open` or `waiting`), it is found at once.
            #[deserr(default)]
            session_key: Option<::deskless_domain::SessionKey>,
            /// Only conversations assigned to this member. `none` for unassigned ones.
            #[deserr(default)]
            #[param(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            #[schema(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            assignee_id: Option<$crate::wire::AssignedTo<::deskless_domain::MemberId>>,
            /// Only conversations assigned to this assistant. `none` for those without one.
            #[deserr(default)]
            #[param(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            #[schema(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            assistant_id: Option<$crate::wire::AssignedTo<::deskless_domain::AssistantId>>,
            /// Only conversations in this inbox.
            #[deserr(default)]
            inbox_id: Option<::deskless_domain::InboxId>,
            /// Only conversations in this pipeline.
            #[deserr(default)]
            pipeline_id: Option<::deskless_domain::PipelineId>,
            /// Only conversations in this stage.
            #[deserr(default)]
            stage_id: Option<::deskless_domain::StageId>,
            /// Only conversations with exactly this priority.
            #[deserr(default)]
            priority: Option<::deskless_domain::Priority>,
            /// Only conversations that have this tag.
            #[deserr(default)]
            tag: Option<::deskless_domain::Tag>,
            /// Only conversations that are escalated (`true`) or not (`false`).
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = Option<bool>)]
            escalated: Option<$crate::wire::Flag>,
            /// Only conversations with unread customer replies (`true`) or without (`false`).
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = Option<bool>)]
            unread: Option<$crate::wire::Flag>,
            /// Only conversations whose newest reply is from the customer (`true`) or not (`false`).
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = Option<bool>)]
            awaiting_reply: Option<$crate::wire::Flag>,
            /// Only conversations that are snoozed now (`true`) or not (`false`).
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = Option<bool>)]
            snoozed: Option<$crate::wire::Flag>,
            /// Only conversations created after this time.
            #[deserr(default)]
            #[param(value_type = Option<String>, format = DateTime)]
            #[schema(value_type = Option<String>, format = DateTime)]
            created_after: Option<::deskless_domain::Timestamp>,
            /// Only conversations created before this time.
            #[deserr(default)]
            #[param(value_type = Option<String>, format = DateTime)]
            #[schema(value_type = Option<String>, format = DateTime)]
            created_before: Option<::deskless_domain::Timestamp>,
        }

        impl $name {
            /// Returns the filter.
            #[must_use]
            pub fn filter(&self) -> ::deskless_domain::ConversationFilter {
                ::deskless_domain::ConversationFilter {
                    status: self.status,
                    resolution: self.resolution,
                    channel: self.channel,
                    customer_id: self.customer_id.clone(),
                    customer_email: self.customer_email.clone(),
                    external_id: self.external_id.clone(),
                    session_key: self.session_key.clone(),
                    assignee_id: self.assignee_id.map(|to| to.0),
                    assistant_id: self.assistant_id.map(|to| to.0),
                    inbox_id: self.inbox_id,
                    pipeline_id: self.pipeline_id,
                    stage_id: self.stage_id,
                    priority: self.priority.clone(),
                    tag: self.tag.clone(),
                    escalated: self.escalated.map(|flag| flag.0),
                    unread: self.unread.map(|flag| flag.0),
                    awaiting_reply: self.awaiting_reply.map(|flag| flag.0),
                    snoozed: self.snoozed.map(|flag| flag.0),
                    created_after: self.created_after,
                    created_before: self.created_before,
                }
            }
        }
    };
}

with_filters! {
    /// A filter of conversations. A conversation must match all fields that are set.
    #[schema(as = ConversationFilter)]
    pub struct FilterRequest {}
}
