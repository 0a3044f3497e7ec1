//! List filters: in a query, in a body, in a saved view.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{Assigned, AssistantId, Invalid, MemberId};

use crate::{InvalidRequest, fields::string};

/// `true` or `false`, as JSON has them or as a query spells them.
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
            _ => Err(InvalidRequest::at(location, &Invalid::new("wrong_type", "must be true or false"))),
        }
    }
}

/// Somebody's id, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssignedTo<T>(pub Assigned<T>);

macro_rules! assigned_to {
    ($($id:ty),+) => {$(
        impl Deserr<InvalidRequest> for AssignedTo<$id> {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef<'_>,
            ) -> Result<Self, InvalidRequest> {
                let text = string(value, location)?;
                if text == "none" {
                    return Ok(Self(Assigned::None));
                }
                let wrong = || Invalid::new("invalid", "must be an id, which is a UUID, or none");
                <$id>::parse(&text)
                    .map(|id| Self(Assigned::To(id)))
                    .ok_or_else(|| InvalidRequest::at(location, &wrong()))
            }
        }
    )+};
}

assigned_to!(MemberId, AssistantId);

/// Makes a request type that has all list filters, behind the fields that are given.
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
            /// Only those in this state.
            #[deserr(default)]
            status: Option<::deskless_domain::Status>,
            /// Only those that were solved in this way.
            #[deserr(default)]
            resolution: Option<::deskless_domain::Resolution>,
            /// Only those on this channel.
            #[deserr(default)]
            channel: Option<::deskless_domain::Channel>,
            /// Only those with this customer.
            #[deserr(default)]
            customer_id: Option<::deskless_domain::CustomerId>,
            /// Only those with the customer to whom this email belongs: the first who claimed it.
            #[deserr(default)]
            customer_email: Option<::deskless_domain::Email>,
            /// Only the one with this id of your own.
            #[deserr(default)]
            external_id: Option<::deskless_domain::ExternalId>,
            /// Only those that this member works on; `none` for those that nobody does.
            #[deserr(default)]
            #[param(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            #[schema(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            assignee_id: Option<$crate::wire::AssignedTo<::deskless_domain::MemberId>>,
            /// Only those in which this assistant answers; `none` for those in which none does.
            #[deserr(default)]
            #[param(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            #[schema(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
            assistant_id: Option<$crate::wire::AssignedTo<::deskless_domain::AssistantId>>,
            /// Only those in this inbox.
            #[deserr(default)]
            inbox_id: Option<::deskless_domain::InboxId>,
            /// Only those in this pipeline.
            #[deserr(default)]
            pipeline_id: Option<::deskless_domain::PipelineId>,
            /// Only those in this stage.
            #[deserr(default)]
            stage_id: Option<::deskless_domain::StageId>,
            /// Only those with exactly this priority.
            #[deserr(default)]
            priority: Option<::deskless_domain::Priority>,
            /// Only those with this tag, perhaps among others.
            #[deserr(default)]
            tag: Option<::deskless_domain::Tag>,
            /// Only those that were handed to a person, or only those that were not.
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = Option<bool>)]
            escalated: Option<$crate::wire::Flag>,
            /// Only those with replies of the customer that nobody has read, or only those without.
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = Option<bool>)]
            unread: Option<$crate::wire::Flag>,
            /// Only those whose newest reply is the customer's, or only the others.
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = Option<bool>)]
            awaiting_reply: Option<$crate::wire::Flag>,
            /// Only those that are snoozed at this moment, or only those that are not.
            #[deserr(default)]
            #[param(value_type = Option<bool>)]
            #[schema(value_type = Option<bool>)]
            snoozed: Option<$crate::wire::Flag>,
            /// Only those that were opened after this time.
            #[deserr(default)]
            #[param(value_type = Option<String>, format = DateTime)]
            #[schema(value_type = Option<String>, format = DateTime)]
            created_after: Option<::deskless_domain::Timestamp>,
            /// Only those that were opened before this time.
            #[deserr(default)]
            #[param(value_type = Option<String>, format = DateTime)]
            #[schema(value_type = Option<String>, format = DateTime)]
            created_before: Option<::deskless_domain::Timestamp>,
        }

        impl $name {
            /// The filters among the fields.
            #[must_use]
            pub fn filter(&self) -> ::deskless_domain::ConversationFilter {
                ::deskless_domain::ConversationFilter {
                    status: self.status,
                    resolution: self.resolution,
                    channel: self.channel,
                    customer_id: self.customer_id.clone(),
                    customer_email: self.customer_email.clone(),
                    external_id: self.external_id.clone(),
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
    /// Which conversations are wanted: all filters that are given must hold.
    #[schema(as = ConversationFilter)]
    pub struct FilterRequest {}
}
