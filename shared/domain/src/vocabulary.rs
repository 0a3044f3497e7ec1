//! The closed sets of words.

use crate::Invalid;

macro_rules! words {
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
            /// Every word, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Finds the word, in exactly this spelling.
            ///
            /// # Errors
            /// When the text is none of the words; the refusal lists them.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(Invalid::new("unknown_value", concat!("must be one of: ", one_of!($($word),+)))),
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

macro_rules! one_of {
    ($first:literal $(, $rest:literal)*) => { concat!($first $(, ", ", $rest)*) };
}

words! {
    /// The way by which a customer and a workspace talk.
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
    /// Whether somebody else's service carries replies to the customer, and reports how they fare.
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

    /// For how many seconds after a customer's message the channel's provider allows free replies; `None` where there is
    /// no such limit. (Meta's customer service window.)
    #[must_use]
    pub const fn reply_window_seconds(self) -> Option<i64> {
        match self {
            Self::WhatsApp | Self::Instagram | Self::Messenger => Some(24 * 60 * 60),
            _ => None,
        }
    }

    /// A number that never changes its meaning: it is part of every conversation's id.
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

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|channel| channel.code() == code)
    }
}

words! {
    /// Where a conversation was opened.
    Source { Widget = "widget", Phone = "phone", Api = "api", Email = "email", }
}

words! {
    /// The state of a conversation: these three and no more.
    Status { Open = "open", Waiting = "waiting", Solved = "solved", }
}

words! {
    /// How a conversation was solved.
    Resolution { Resolved = "resolved", Completed = "completed", Closed = "closed", Abandoned = "abandoned", }
}

words! {
    /// How we know who a customer is: the API key's holder says so, a signed token does, or not at all.
    IdentitySource { Headers = "headers", Token = "token", Anonymous = "anonymous", }
}

words! {
    /// Who speaks.
    Role { User = "user", Assistant = "assistant", System = "system", }
}

words! {
    /// As what a customer gets a file.
    MediaType { Image = "image", Audio = "audio", Video = "video", Document = "document", }
}

words! {
    /// What kind of a file it is.
    FileCategory { Image = "image", Audio = "audio", Video = "video", File = "file", }
}

words! {
    /// Whether a file was only announced, or is there.
    FileStatus { Pending = "pending", Ready = "ready", }
}

words! {
    /// Who carries a channel's replies, as far as their requests are known here.
    Provider {
        WhatsAppCloud = "whatsapp-cloud",
        Instagram = "instagram",
        Messenger = "messenger",
        Twilio = "twilio",
        WebChat = "web-chat",
    }
}

words! {
    /// The alphabet of an SMS.
    SmsEncoding { Gsm7 = "gsm-7", Ucs2 = "ucs-2", }
}

words! {
    /// Whether a message is for the customer or an internal note.
    MessageType { Reply = "reply", Note = "note", }
}

words! {
    /// How far a message got. It never moves backwards.
    DeliveryStatus {
        Queued = "queued",
        Sent = "sent",
        Delivered = "delivered",
        Read = "read",
        Failed = "failed",
    }
}

impl DeliveryStatus {
    /// Whether a report of this moves a message on that got as far as `known`. Providers' reports come out of order, so
    /// each word has its place: `queued`, `sent`, `failed`, `delivered`, `read`. A message that failed and was delivered
    /// after all is delivered; one that was delivered cannot fail any more.
    #[must_use]
    pub fn follows(self, known: Self) -> bool {
        let place = |status| match status {
            Self::Queued => 0,
            Self::Sent => 1,
            Self::Failed => 2,
            Self::Delivered => 3,
            Self::Read => 4,
        };
        place(self) > place(known)
    }
}

words! {
    /// In which direction a list runs: oldest or newest first.
    Order { Asc = "asc", Desc = "desc", }
}

words! {
    /// Whom an API key is for: a back end, or a browser or app that acts for one customer.
    KeyKind { Server = "server", Client = "client", }
}

words! {
    /// What a member is in the workspace.
    MemberRole { Admin = "admin", Agent = "agent", }
}

words! {
    /// What kind of message a predefined one makes.
    PredefinedMessageType {
        Text = "text",
        Image = "image",
        Video = "video",
        Document = "document",
        Audio = "audio",
        Location = "location",
    }
}

words! {
    /// What a predefined message can say of a conversation.
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

words! {
    /// How far a bulk action has come.
    BulkStatus {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

words! {
    /// Why an action could not be carried out on a conversation.
    ActionFailure { NotFound = "not_found", TooManyTags = "too_many_tags", }
}

impl ActionFailure {
    /// The same for people.
    #[must_use]
    pub fn message(self) -> String {
        match self {
            Self::NotFound => "There is no such conversation in this workspace.".to_owned(),
            Self::TooManyTags => format!("It would have more than {} tags.", crate::Tags::MAX),
        }
    }
}

words! {
    /// What sets an automation off.
    AutomationTrigger {
        Manual = "manual",
        ConversationCreated = "conversation.created",
        MessageCreated = "message.created",
        ConversationUpdated = "conversation.updated",
    }
}

words! {
    /// How far a run of an automation has come. `skipped`: when its turn came, it was not to be run any more.
    ExecutionStatus {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        Failed = "failed",
        Skipped = "skipped",
    }
}

words! {
    /// What became of a step of a run. `skipped`: a step before it failed.
    StepStatus { Pending = "pending", Succeeded = "succeeded", Failed = "failed", Skipped = "skipped", }
}

words! {
    /// What an API key allows.
    Scope {
        ReadConversations = "read:conversations",
        WriteConversations = "write:conversations",
        ReadFiles = "read:files",
        WriteFiles = "write:files",
        ReadReplies = "read:replies",
        WriteReplies = "write:replies",
        ReadAutomations = "read:automations",
        WriteAutomations = "write:automations",
        ReadCustomers = "read:customers",
        WriteCustomers = "write:customers",
        ReadWorkspace = "read:workspace",
        WriteWorkspace = "write:workspace",
        ReadKeys = "read:keys",
        WriteKeys = "write:keys",
    }
}

#[cfg(test)]
mod tests {
    use super::Channel;

    #[test]
    fn a_channel_is_found_by_its_code() {
        for &channel in Channel::ALL {
            assert_eq!(Channel::from_code(channel.code()), Some(channel));
        }
        assert_eq!(Channel::from_code(0), None);
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let refused = super::Status::parse("closed").expect_err("closed is a resolution");
        assert_eq!(refused.message, "must be one of: open, waiting, solved");
    }
}
