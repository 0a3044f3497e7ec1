//! Conversation filters in queries, bodies and views.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{Assigned, Identifier, Invalid, Timestamp};

use crate::{InvalidRequest, fields::string};

/// The value of a filter. It may be left out, but must not be `null`: a client that sends a variable without a value would
/// otherwise act on every conversation.
#[derive(Debug, Clone)]
pub struct FilterValue<T>(pub Option<T>);

impl<T> Default for FilterValue<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Deserr<InvalidRequest>> Deserr<InvalidRequest> for FilterValue<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        if let Value::Null = value {
            let message = "must not be null. Leave it out to match every value";
            return Err(InvalidRequest::at(location, &Invalid::new("wrong_type", message)));
        }
        T::deserialize_from_value(value, location).map(|value| Self(Some(value)))
    }
}

/// A boolean in a query: the text `true` or `false`. In a body it is a JSON boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Deserr<InvalidRequest> for Flag {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        match value {
            Value::String(text) if text == "true" => Ok(Self(true)),
            Value::String(text) if text == "false" => Ok(Self(false)),
            _ => Err(InvalidRequest::at(location, &Invalid::new("wrong_type", "must be `true` or `false`"))),
        }
    }
}

impl From<Flag> for bool {
    fn from(flag: Flag) -> Self {
        flag.0
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

/// A bound of a range of times. Fractions of a millisecond are rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBound(pub Timestamp);

impl Deserr<InvalidRequest> for TimeBound {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = string(value, location)?;
        Timestamp::parse_bound(&text).map(Self).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

/// Defines a request type with all conversation filters after its own fields. A macro because neither `deserr` nor `utoipa` can
/// flatten one type into another and still refuse unknown fields.
#[macro_export]
macro_rules! with_filters {
    (booleans as $flag:ty; $(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Debug, Clone, ::deserr::Deserr, ::utoipa::ToSchema, ::utoipa::IntoParams)]
        #[deserr(error = $crate::InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
        #[schema(rename_all = "camelCase")]
        #[into_params(parameter_in = Query, rename_all = "camelCase")]
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* $field: $type,)*
            /// Only conversations with this status.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::Status>)]
            #[schema(value_type = ::deskless_domain::Status, required = false)]
            status: $crate::wire::FilterValue<::deskless_domain::Status>,
            /// Only conversations with this resolution.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::Resolution>)]
            #[schema(value_type = ::deskless_domain::Resolution, required = false)]
            resolution: $crate::wire::FilterValue<::deskless_domain::Resolution>,
            /// Only conversations on this channel.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::Channel>)]
            #[schema(value_type = ::deskless_domain::Channel, required = false)]
            channel: $crate::wire::FilterValue<::deskless_domain::Channel>,
            /// Only conversations with this customer.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::CustomerId>)]
            #[schema(value_type = ::deskless_domain::CustomerId, required = false)]
            customer_id: $crate::wire::FilterValue<::deskless_domain::CustomerId>,
            /// Only conversations with customers who have this email address now.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::Email>)]
            #[schema(value_type = ::deskless_domain::Email, required = false)]
            customer_email: $crate::wire::FilterValue<::deskless_domain::Email>,
            /// Only the conversation with this id in your own system.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::ExternalId>)]
            #[schema(value_type = ::deskless_domain::ExternalId, required = false)]
            external_id: $crate::wire::FilterValue<::deskless_domain::ExternalId>,
            /// Only conversations with this key of their channel.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::SessionKey>)]
            #[schema(value_type = ::deskless_domain::SessionKey, required = false)]
            session_key: $crate::wire::FilterValue<::deskless_domain::SessionKey>,
            /// Only conversations assigned to this member. `none` for unassigned ones.
            #[deserr(default)]
            #[param(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            #[schema(value_type = String, required = false, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            assignee_id: $crate::wire::FilterValue<$crate::wire::AssignedTo<::deskless_domain::MemberId>>,
            /// Only conversations assigned to this assistant. `none` for those without one.
            #[deserr(default)]
            #[param(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            #[schema(value_type = String, required = false, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            assistant_id: $crate::wire::FilterValue<$crate::wire::AssignedTo<::deskless_domain::AssistantId>>,
            /// Only conversations in this inbox.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::InboxId>)]
            #[schema(value_type = ::deskless_domain::InboxId, required = false)]
            inbox_id: $crate::wire::FilterValue<::deskless_domain::InboxId>,
            /// Only conversations in this pipeline.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::PipelineId>)]
            #[schema(value_type = ::deskless_domain::PipelineId, required = false)]
            pipeline_id: $crate::wire::FilterValue<::deskless_domain::PipelineId>,
            /// Only conversations in this stage.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::StageId>)]
            #[schema(value_type = ::deskless_domain::StageId, required = false)]
            stage_id: $crate::wire::FilterValue<::deskless_domain::StageId>,
            /// Only conversations with exactly this priority.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::Priority>)]
            #[schema(value_type = ::deskless_domain::Priority, required = false)]
            priority: $crate::wire::FilterValue<::deskless_domain::Priority>,
            /// Only conversations that have this tag.
            #[deserr(default)]
            #[param(value_type = Option<::deskless_domain::Tag>)]
            #[schema(value_type = ::deskless_domain::Tag, required = false)]
            tag: $crate::wire::FilterValue<::deskless_domain::Tag>,
            /// Only conversations that are escalated (`true`) or not (`false`).
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = bool, required = false)]
            escalated: $crate::wire::FilterValue<$flag>,
            /// Only conversations with unread customer replies (`true`) or without (`false`).
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = bool, required = false)]
            unread: $crate::wire::FilterValue<$flag>,
            /// Only conversations whose newest reply is from the customer (`true`) or not (`false`).
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = bool, required = false)]
            awaiting_reply: $crate::wire::FilterValue<$flag>,
            /// Only conversations that are snoozed now (`true`) or not (`false`).
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = bool, required = false)]
            snoozed: $crate::wire::FilterValue<$flag>,
            /// Only conversations created at or after this time.
            #[deserr(default)]
            #[param(value_type = Option<String>, format = DateTime)]
            #[schema(value_type = String, required = false, format = DateTime)]
            created_after: $crate::wire::FilterValue<$crate::wire::TimeBound>,
            /// Only conversations created before this time.
            #[deserr(default)]
            #[param(value_type = Option<String>, format = DateTime)]
            #[schema(value_type = String, required = false, format = DateTime)]
            created_before: $crate::wire::FilterValue<$crate::wire::TimeBound>,
        }

        impl $name {
            /// Returns the filter.
            #[must_use]
            pub fn filter(&self) -> ::deskless_domain::ConversationFilter {
                ::deskless_domain::ConversationFilter {
                    status: self.status.0,
                    resolution: self.resolution.0,
                    channel: self.channel.0,
                    customer_id: self.customer_id.0.clone(),
                    customer_email: self.customer_email.0.clone(),
                    external_id: self.external_id.0.clone(),
                    session_key: self.session_key.0.clone(),
                    assignee_id: self.assignee_id.0.map(|to| to.0),
                    assistant_id: self.assistant_id.0.map(|to| to.0),
                    inbox_id: self.inbox_id.0,
                    pipeline_id: self.pipeline_id.0,
                    stage_id: self.stage_id.0,
                    priority: self.priority.0.clone(),
                    tag: self.tag.0.clone(),
                    escalated: self.escalated.0.map(bool::from),
                    unread: self.unread.0.map(bool::from),
                    awaiting_reply: self.awaiting_reply.0.map(bool::from),
                    snoozed: self.snoozed.0.map(bool::from),
                    created_after: self.created_after.0.map(|bound| bound.0),
                    created_before: self.created_before.0.map(|bound| bound.0),
                    ..::deskless_domain::ConversationFilter::default()
                }
            }
        }
    };
}

with_filters! {
    booleans as bool;
    /// A filter of conversations. A conversation must match all fields that are set.
    #[schema(as = ConversationFilter)]
    pub struct FilterRequest {}
}
