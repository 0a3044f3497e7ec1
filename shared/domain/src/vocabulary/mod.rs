//! String enums: closed sets of values with a fixed spelling on the wire.

// A macro because a derive would have to be a crate of its own: it adds `ALL`, `as_str` and an OpenAPI schema, which `serde`
// does not, and `parse` with our errors.
macro_rules! string_enum {
    (
        $(#[doc = $doc:literal])*
        $name:ident { $( $(#[$meta:meta])* $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $( $(#[$meta])* #[doc = concat!("`", $word, "`")] #[serde(rename = $word)] $variant, )+
        }

        impl $name {
            /// All values, in the order in which the documentation lists them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the value's spelling on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Parses a value. The spelling must match exactly.
            ///
            /// # Errors
            /// `unknown_value`, with the known values and the nearest one.
            pub fn parse(text: &str) -> Result<Self, $crate::Invalid> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::Invalid::unknown_value(text, &[$($word),+])),
                }
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc),*).trim()))
                    .enum_values(Some([$($word),+]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use string_enum;

mod scope;

pub use scope::Scope;

string_enum! {
    /// The channel of a conversation.
    Channel {
        Api = "api",
        LiveChat = "live-chat",
        Email = "email",
        Discord = "discord",
        WhatsApp = "whatsapp",
        Instagram = "instagram",
        Messenger = "messenger",
        Telegram = "telegram",
        Sms = "sms",
        Voice = "voice",
        Web = "web",
        Callback = "callback",
        Playground = "playground",
    }
}

impl Channel {
    /// Returns whether an external provider delivers replies to the customer and reports their delivery status.
    #[must_use]
    pub const fn has_provider(self) -> bool {
        matches!(
            self,
            Self::Email
                | Self::Discord
                | Self::WhatsApp
                | Self::Instagram
                | Self::Messenger
                | Self::Telegram
                | Self::Sms
        )
    }

    /// Returns the channel's reply window: for how many seconds after a customer's message the provider allows free-form
    /// replies. `None` means no limit. The value is Meta's customer service window of 24 hours.
    #[must_use]
    pub const fn reply_window_seconds(self) -> Option<i64> {
        match self {
            Self::WhatsApp | Self::Instagram | Self::Messenger => Some(24 * 60 * 60),
            _ => None,
        }
    }

    /// Returns the channel's number in conversation ids. A number must never change its meaning.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Api => 1,
            Self::LiveChat => 2,
            Self::Email => 3,
            Self::Discord => 4,
            Self::WhatsApp => 5,
            Self::Instagram => 6,
            Self::Messenger => 7,
            Self::Telegram => 8,
            Self::Sms => 9,
            Self::Voice => 10,
            Self::Web => 11,
            Self::Callback => 12,
            Self::Playground => 13,
        }
    }

    /// Returns the channel with this number in conversation ids.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|channel| channel.code() == code)
    }
}

string_enum! {
    /// Where a conversation was created.
    Source { Widget = "widget", Phone = "phone", Api = "api", Email = "email", }
}

string_enum! {
    /// The status of a conversation.
    Status { Open = "open", Waiting = "waiting", Solved = "solved", }
}

string_enum! {
    /// How a solved conversation was resolved.
    Resolution { Resolved = "resolved", Completed = "completed", Closed = "closed", Abandoned = "abandoned", }
}

string_enum! {
    /// How the customer was identified: with a server key, with a customer token, or not at all.
    IdentitySource { Headers = "headers", Token = "token", Anonymous = "anonymous", }
}

string_enum! {
    /// The role of a message's author.
    Role { User = "user", Assistant = "assistant", System = "system", }
}

string_enum! {
    /// The type of an outgoing file.
    MediaType { Image = "image", Audio = "audio", Video = "video", Document = "document", }
}

string_enum! {
    /// The category of a file, derived from its content type.
    FileCategory { Image = "image", Audio = "audio", Video = "video", File = "file", }
}

string_enum! {
    /// The status of a file: `pending` until it is registered, then `ready`.
    FileStatus { Pending = "pending", Ready = "ready", }
}

string_enum! {
    /// The provider that delivers a channel's replies.
    Provider {
        WhatsAppCloud = "whatsapp-cloud",
        Instagram = "instagram",
        Messenger = "messenger",
        Twilio = "twilio",
        WebChat = "web-chat",
    }
}

string_enum! {
    /// The encoding of an SMS.
    SmsEncoding { Gsm7 = "gsm-7", Ucs2 = "ucs-2", }
}

string_enum! {
    /// The type of a message: a reply, which the customer sees, or an internal note.
    MessageType { Reply = "reply", Note = "note", }
}

string_enum! {
    /// The delivery status of a message.
    DeliveryStatus {
        Queued = "queued",
        Sent = "sent",
        Delivered = "delivered",
        Read = "read",
        Failed = "failed",
    }
}

impl DeliveryStatus {
    /// Returns whether a report of this status updates a message with the status `known`. Providers send reports out of
    /// order, so the statuses are ranked: `queued`, `sent`, `failed`, `delivered`, `read`. A failed message can still be
    /// delivered. A delivered message can no longer fail.
    #[must_use]
    pub fn follows(self, known: Self) -> bool {
        let rank = |status| match status {
            Self::Queued => 0,
            Self::Sent => 1,
            Self::Failed => 2,
            Self::Delivered => 3,
            Self::Read => 4,
        };
        rank(self) > rank(known)
    }
}

string_enum! {
    /// The order of a list: oldest first (`asc`) or newest first (`desc`).
    Order { Asc = "asc", Desc = "desc", }
}

string_enum! {
    /// What a list of conversations is sorted by: the time of the newest reply (`activity`), or the time of creation.
    ConversationSort { Activity = "activity", CreatedAt = "createdAt", }
}

string_enum! {
    /// The kind of an API key: `server` for a back end, `client` for a browser or an app of one customer.
    KeyKind { Server = "server", Client = "client", }
}

string_enum! {
    /// The role of a member in the workspace.
    MemberRole { Admin = "admin", Agent = "agent", }
}

string_enum! {
    /// The type of message that a predefined message creates.
    PredefinedMessageType {
        Text = "text",
        Image = "image",
        Video = "video",
        Document = "document",
        Audio = "audio",
        Location = "location",
    }
}

string_enum! {
    /// A variable of a predefined message. It is filled in from the conversation.
    TemplateVariable {
        CustomerId = "customer.id",
        CustomerName = "customer.name",
        CustomerEmail = "customer.email",
        CustomerPhone = "customer.phone",
        CustomerCompany = "customer.company",
        ConversationId = "conversation.id",
        ConversationNumber = "conversation.number",
        ConversationSubject = "conversation.subject",
        ConversationChannel = "conversation.channel",
        AssigneeName = "assignee.name",
        InboxName = "inbox.name",
        WorkspaceName = "workspace.name",
    }
}

string_enum! {
    /// The status of a bulk action.
    BulkStatus {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

string_enum! {
    /// Why an action failed on a conversation.
    ActionFailure {
        NotFound = "not_found",
        TooManyTags = "too_many_tags",
        SessionKeyExists = "session_key_exists",
    }
}

impl ActionFailure {
    /// Returns the sentence that explains the failure.
    #[must_use]
    pub fn message(self) -> String {
        match self {
            Self::NotFound => "The conversation was not found in this workspace.".to_owned(),
            Self::SessionKeyExists => {
                "Another conversation of the inbox that is not solved has this `sessionKey`.".to_owned()
            }
            Self::TooManyTags => format!("The conversation would have more than {} tags.", crate::Tags::MAX),
        }
    }
}

string_enum! {
    /// The event that triggers an automation.
    AutomationTrigger {
        Manual = "manual",
        ConversationCreated = "conversation.created",
        MessageCreated = "message.created",
        ConversationUpdated = "conversation.updated",
    }
}

string_enum! {
    /// The status of an execution. `skipped`: the automation was no longer due when the execution started.
    ExecutionStatus {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        Failed = "failed",
        Skipped = "skipped",
    }
}

string_enum! {
    /// The status of a step. `skipped`: an earlier step failed. `retrying`: a webhook call failed and is repeated.
    StepStatus {
        Pending = "pending",
        Retrying = "retrying",
        Succeeded = "succeeded",
        Failed = "failed",
        Skipped = "skipped",
    }
}

#[cfg(test)]
mod tests {
    use super::Channel;

    #[test]
    fn channel_code_identifies_the_channel() {
        for &channel in Channel::ALL {
            assert_eq!(Channel::from_code(channel.code()), Some(channel));
        }
        assert_eq!(Channel::from_code(0), None);
    }

    #[test]
    fn unknown_value_lists_the_known_ones() {
        let invalid = super::Status::parse("closed").expect_err("closed is a resolution");
        assert_eq!(invalid.message, "must be one of open, waiting, solved");
    }
}
