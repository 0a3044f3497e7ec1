use crate::{
    Channel, ConversationId, Customer, Edit, ExternalId, MessageBody, MessageDraft, MessageId, Metadata, Placement,
    PlacementPatch, Priority, Resolution, SessionKey, Source, Status, Subject, Tags, Template, TemplateNames,
    Timestamp,
};

/// A thread between one customer and a workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its id; it holds the time of creation and the channel.
    pub id: ConversationId,
    /// A number for people, rising and unique in the workspace, with gaps.
    pub number: u64,
    /// Where it was opened.
    pub source: Source,
    /// Its state.
    pub status: Status,
    /// How it was solved; only while it is.
    pub resolution: Option<Resolution>,
    /// Handed to a person.
    pub escalated: bool,
    /// A free label of urgency.
    pub priority: Priority,
    /// What it is about.
    pub subject: Subject,
    /// The newest reply's first characters.
    pub newest_reply: Option<String>,
    /// The newest reply itself.
    pub newest_reply_id: Option<MessageId>,
    /// With whom.
    pub customer: Customer,
    /// The caller's own id.
    pub external_id: Option<ExternalId>,
    /// The channel's own thread key.
    pub session_key: Option<SessionKey>,
    /// Where it stands, and who works on it.
    pub placement: Placement,
    /// Labels.
    pub tags: Tags,
    /// The caller's own data.
    pub metadata: Metadata,
    /// Until when nobody wants to see it.
    pub snoozed_until: Option<Timestamp>,
    /// Replies and notes.
    pub message_count: u64,
    /// The customer's replies since somebody last read.
    pub unread_count: u64,
    /// How far somebody has read.
    pub read_up_to: Option<MessageId>,
    /// Whether the newest reply is the customer's.
    pub awaiting_reply: bool,
    /// When the customer last wrote; known only where the channel has a reply window.
    pub last_customer_reply_at: Option<Timestamp>,
    /// The greatest id that a reply ever had, else that of the creation: its place in lists. It only moves forward,
    /// also when that reply is deleted, so that no walk through a list meets a conversation twice.
    pub activity: MessageId,
    /// When it last changed, messages included.
    pub updated_at: Timestamp,
    /// When an assistant first replied.
    pub first_response_at: Option<Timestamp>,
    /// When it was solved; only while it is.
    pub closed_at: Option<Timestamp>,
    /// Counts the changes, messages included.
    pub version: u64,
}

impl Conversation {
    /// When it was opened.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }

    /// When the last reply that is there came, else when it was opened.
    #[must_use]
    pub fn last_message_at(&self) -> Timestamp {
        self.newest_reply_id.map_or_else(|| self.created_at(), MessageId::time)
    }

    /// Until when the channel's provider allows free replies: 24 hours from the customer's last message on Meta's
    /// channels. `None` where there is no such limit, and where the customer has not written yet.
    #[must_use]
    pub fn window_expires_at(&self) -> Option<Timestamp> {
        Some(self.last_customer_reply_at?.plus_seconds(self.channel().reply_window_seconds()?))
    }

    /// Whether the channel's provider would carry a free reply now.
    #[must_use]
    pub fn is_window_open(&self, now: Timestamp) -> bool {
        self.channel().reply_window_seconds().is_none() || self.window_expires_at().is_some_and(|end| now < end)
    }

    /// On which channel.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.id.channel().unwrap_or(Channel::Api)
    }

    /// Whether nobody wants to see it yet. Nothing wakes it: that is read off the clock.
    #[must_use]
    pub fn is_snoozed(&self, now: Timestamp) -> bool {
        self.snoozed_until.is_some_and(|until| until > now)
    }

    /// Carries a change out, as the table does.
    ///
    /// Gives `None` where a resolution is said of a conversation that is not solved. What a mark of everything read
    /// stands at is known to the table alone.
    #[must_use]
    pub fn changed(mut self, patch: &ConversationPatch, now: Timestamp) -> Option<Self> {
        match patch.state {
            Change::Keep => {}
            Change::Resolution(_) if self.status != Status::Solved => return None,
            Change::Resolution(resolution) => self.resolution = Some(resolution),
            Change::Status(state) => {
                self.status = state.status();
                match state {
                    Resolved::No(_) => (self.resolution, self.closed_at) = (None, None),
                    Resolved::Yes(said) => {
                        self.resolution = said.or(self.resolution).or(state.resolution());
                        self.closed_at = self.closed_at.or(Some(now));
                    }
                }
            }
        }
        self.escalated = patch.escalated.unwrap_or(self.escalated);
        self.priority = patch.priority.clone().unwrap_or(self.priority);
        self.subject = patch.subject.clone().unwrap_or(self.subject);
        self.tags = patch.tags.clone().unwrap_or(self.tags);
        self.metadata = patch.metadata.clone().unwrap_or(self.metadata);
        patch.placement.apply(&mut self.placement);
        patch.snoozed_until.apply(&mut self.snoozed_until);
        match patch.read {
            None => {}
            Some(ReadMark::Everything) => self.unread_count = 0,
            Some(ReadMark::UpTo(id, left)) => (self.read_up_to, self.unread_count) = (Some(id), left),
        }
        self.updated_at = now;
        self.version += 1;
        Some(self)
    }

    /// The newest reply's first 140 characters; the subject until there is one.
    #[must_use]
    pub fn preview(&self) -> &str {
        self.newest_reply.as_deref().unwrap_or(self.subject.as_str())
    }
}

/// Everything that a conversation is opened with.
#[derive(Debug, Clone)]
pub struct NewConversation {
    /// On which channel.
    pub channel: Channel,
    /// Where it was opened.
    pub source: Source,
    /// Its first state.
    pub status: Resolved,
    /// Handed to a person.
    pub escalated: bool,
    /// A free label of urgency.
    pub priority: Priority,
    /// What it is about.
    pub subject: Subject,
    /// With whom: refreshes the customer's record.
    pub customer: Customer,
    /// The caller's own id, unique in the workspace.
    pub external_id: Option<ExternalId>,
    /// The channel's own thread key.
    pub session_key: Option<SessionKey>,
    /// Where it stands, and who works on it.
    pub placement: Placement,
    /// Until when nobody wants to see it.
    pub snoozed_until: Option<Timestamp>,
    /// Labels.
    pub tags: Tags,
    /// The caller's own data.
    pub metadata: Metadata,
    /// The first message.
    pub message: Option<MessageDraft<FirstWords>>,
}

/// What a conversation's first message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstWords {
    /// This.
    Said(MessageBody),
    /// What a template makes of the conversation, as soon as there is one.
    Filled(Template, TemplateNames),
}

/// A state together with how it came about, so that only solved conversations have a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Resolved {
    /// Open or waiting.
    No(Status),
    /// Solved; `None` means that nobody said how: `resolved` unless it was solved before.
    Yes(Option<Resolution>),
}

impl Resolved {
    /// Puts a state and a resolution together.
    ///
    /// Gives `None` where a resolution is said of a conversation that is not solved.
    #[must_use]
    pub fn of(status: Status, resolution: Option<Resolution>) -> Option<Self> {
        match (status, resolution) {
            (Status::Solved, resolution) => Some(Self::Yes(resolution)),
            (status, None) => Some(Self::No(status)),
            (_, Some(_)) => None,
        }
    }

    /// The state.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::No(status) => status,
            Self::Yes(_) => Status::Solved,
        }
    }

    /// How a conversation counts as solved that was not solved before.
    #[must_use]
    pub fn resolution(self) -> Option<Resolution> {
        match self {
            Self::No(_) => None,
            Self::Yes(resolution) => Some(resolution.unwrap_or(Resolution::Resolved)),
        }
    }
}

/// What to do with a conversation's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change {
    /// Leave it.
    #[default]
    Keep,
    /// Put it into this state. Solving again keeps the time and, if none is said, the resolution.
    Status(Resolved),
    /// Say how it was solved; refused unless it is.
    Resolution(Resolution),
}

/// What somebody has read of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadMark {
    /// All that there is.
    Everything,
    /// Everything up to a message, behind which so many replies of the customer are left.
    UpTo(MessageId, u64),
}

/// A partial change: `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationPatch {
    /// State and resolution.
    pub state: Change,
    /// Handed to a person.
    pub escalated: Option<bool>,
    /// A free label of urgency.
    pub priority: Option<Priority>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Labels, replaced whole.
    pub tags: Option<Tags>,
    /// The caller's own data, replaced whole.
    pub metadata: Option<Metadata>,
    /// Where it stands, and who works on it.
    pub placement: PlacementPatch,
    /// Until when nobody wants to see it.
    pub snoozed_until: Edit<Timestamp>,
    /// How far somebody has read.
    pub read: Option<ReadMark>,
}

impl ConversationPatch {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
