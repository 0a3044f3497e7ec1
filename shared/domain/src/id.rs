//! Ids: version 7 UUIDs, which sort by time.

use uuid::Uuid;

use crate::{Channel, Clock, Timestamp, clock::random};

/// The random bits of a version 7 UUID (RFC 9562, section 5.7): 12 in `rand_a`, 62 in `rand_b`.
const RANDOM_BITS: u128 = (0xfff << 64) | ((1 << 62) - 1);
const VERSION_AND_VARIANT: u128 = (0x7 << 76) | (0b10 << 62);

fn v7(time: Timestamp, random: u128) -> Uuid {
    let millis = u128::from(time.as_millis().max(0).unsigned_abs()) << 80;
    // The variant bits separate the 74 random bits; the version bits come before them.
    let high = (random >> 62 << 64) & (0xfff << 64);
    let low = random & ((1 << 62) - 1);
    Uuid::from_u128(millis | VERSION_AND_VARIANT | high | low)
}

fn time_of(id: Uuid) -> Timestamp {
    Timestamp::from_millis(i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX))
}

/// Returns the 74 random bits of a version 7 UUID as one number.
fn random_of(id: Uuid) -> u128 {
    let bits = id.as_u128() & RANDOM_BITS;
    (bits >> 64 << 62) | (bits & ((1 << 62) - 1))
}

/// The operations of every id type.
pub trait Identifier:
    Copy
    + Eq
    + std::hash::Hash
    + Ord
    + std::fmt::Debug
    + std::fmt::Display
    + serde::Serialize
    + serde::de::DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// Generates an id with the current time.
    fn generate(clock: &dyn Clock) -> Self;

    /// Parses the hyphenated form.
    fn parse(text: &str) -> Option<Self>;

    /// Returns the 16 bytes.
    fn to_bytes(self) -> [u8; 16];

    /// Creates an id from its 16 bytes.
    fn from_bytes(bytes: [u8; 16]) -> Self;

    /// Returns the time of creation.
    fn time(self) -> Timestamp;
}

// A macro instead of one generic `Id<Kind>`: derives would put bounds on `Kind`, and utoipa would put it into schema names.
macro_rules! id_type {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(Uuid);

        impl $name {
            /// Generates an id with the current time.
            #[must_use]
            pub fn generate(clock: &dyn Clock) -> Self {
                Self(v7(clock.now(), u128::from_be_bytes(random(clock))))
            }

            /// Parses the hyphenated form, in either case. A UUID of any version is accepted.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                // `Uuid` also accepts the braced, the URN and the unhyphenated form. Only one spelling is valid here.
                (text.len() == 36).then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
            }

            /// Returns the 16 bytes, for compact forms such as cursors.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Creates an id from its 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Returns the time of creation, in milliseconds.
            #[must_use]
            pub fn time(self) -> Timestamp {
                time_of(self.0)
            }
        }

        impl Identifier for $name {
            fn generate(clock: &dyn Clock) -> Self {
                Self::generate(clock)
            }

            fn parse(text: &str) -> Option<Self> {
                Self::parse(text)
            }

            fn to_bytes(self) -> [u8; 16] {
                *self.as_bytes()
            }

            fn from_bytes(bytes: [u8; 16]) -> Self {
                Self::from_bytes(bytes)
            }

            fn time(self) -> Timestamp {
                self.time()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

id_type!(
    /// The id of a workspace, which is a tenant.
    WorkspaceId
);
// Its last byte is the channel, which never changes. So a message's channel is known without reading the conversation.
id_type!(
    /// The id of a conversation.
    ConversationId
);
// Within a conversation, ids sort in the order in which the messages were committed.
id_type!(
    /// The id of a message.
    MessageId
);
id_type!(
    /// The id of an inbox.
    InboxId
);
id_type!(
    /// The id of a member.
    MemberId
);
id_type!(
    /// The id of an assistant.
    AssistantId
);
id_type!(
    /// The id of a pipeline.
    PipelineId
);
id_type!(
    /// The id of a pipeline stage.
    StageId
);
id_type!(
    /// The id of a view.
    ViewId
);
id_type!(
    /// The id of a file.
    FileId
);
id_type!(
    /// The id of a predefined message.
    PredefinedMessageId
);
id_type!(
    /// The id of a bulk action.
    BulkActionId
);
id_type!(
    /// The id of an automation.
    AutomationId
);
id_type!(
    /// The id of an execution: one run of an automation.
    ExecutionId
);
id_type!(
    /// The id of an API key, which is not its secret.
    KeyId
);
id_type!(
    /// The id of an identity secret, which is not the secret itself.
    SecretId
);
id_type!(
    /// The id of a data key, which encrypts stored secrets.
    DataKeyId
);
id_type!(
    /// The id of an object in the bucket that has the content of a long message.
    ContentId
);
id_type!(
    /// The id of a request, in logs and problem documents.
    RequestId
);
id_type!(
    /// The id of a webhook endpoint.
    WebhookEndpointId
);
id_type!(
    /// The id of an entry in the audit log.
    AuditEntryId
);
id_type!(
    /// The id of a write attempt. A retry recognizes its own earlier write by it when the response was lost.
    AttemptId
);

impl ExecutionId {
    /// Creates an id from a time and fixed bits in place of random ones.
    pub(crate) fn at(time: Timestamp, bits: u128) -> Self {
        Self(v7(time, bits))
    }
}

impl ConversationId {
    /// Generates an id with the current time and a channel.
    #[must_use]
    pub fn on(channel: Channel, clock: &dyn Clock) -> Self {
        let bits = v7(clock.now(), u128::from_be_bytes(random(clock))).as_u128();
        Self(Uuid::from_u128((bits & !0xff) | u128::from(channel.code())))
    }

    /// Returns the channel; `None` if the id was not generated by [`ConversationId::on`].
    #[must_use]
    pub fn channel(self) -> Option<Channel> {
        Channel::from_code(self.0.as_bytes()[15])
    }
}

impl MessageId {
    /// Generates an id that sorts after `after`, even if `after` is from a clock that is ahead.
    ///
    /// If the clock is not ahead of `after`, the id keeps the time of `after` and increments its random bits by a random step
    /// (RFC 9562, section 6.2, method 2). `tries` is the number of lost races: each retry takes a step eight times larger, so
    /// that under contention the writers that waited longest win.
    #[must_use]
    pub fn following(after: Self, tries: u32, clock: &dyn Clock) -> Self {
        let now = clock.now();
        if now > after.time() {
            return Self(v7(now, u128::from_be_bytes(random(clock))));
        }
        let step = (u128::from(u32::from_be_bytes(random(clock))) + 1) << (3 * tries).min(30);
        let next = random_of(after.0) + step;
        if next >> 74 == 0 {
            Self(v7(after.time(), next))
        } else {
            // The random bits overflowed: the next millisecond is used.
            Self(v7(Timestamp::from_millis(after.time().as_millis() + 1), step))
        }
    }

    /// The id that sorts first.
    pub const FIRST: Self = Self(Uuid::nil());

    /// The id that sorts last.
    pub const LAST: Self = Self(Uuid::max());

    /// Returns the first id with this time.
    #[must_use]
    pub fn start_of(time: Timestamp) -> Self {
        Self(v7(time, 0))
    }

    /// Returns the last id before this time.
    #[must_use]
    pub fn before(time: Timestamp) -> Self {
        match time.as_millis() {
            ..=0 => Self::FIRST,
            millis => Self::end_of(Timestamp::from_millis(millis - 1)),
        }
    }

    /// Returns the last id with this time.
    #[must_use]
    pub fn end_of(time: Timestamp) -> Self {
        Self(v7(time, u128::MAX))
    }
}

impl MessageId {
    /// Returns the id directly before this one.
    #[must_use]
    pub fn preceding(self) -> Self {
        Self(Uuid::from_u128(self.0.as_u128().saturating_sub(1)))
    }
}

impl From<ConversationId> for MessageId {
    /// Converts to a conversation's position in lists before it has a reply: see [`Conversation::activity`](crate::Conversation::activity).
    fn from(id: ConversationId) -> Self {
        Self(id.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A clock with a fixed time and deterministic random bytes.
    #[derive(Debug)]
    struct Still(i64, AtomicU64);

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0)
        }
        fn fill_random(&self, bytes: &mut [u8]) {
            let n = self.1.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = n.rotate_left(u32::try_from(i * 8).unwrap_or(0)).to_be_bytes()[0];
            }
        }
    }

    #[test]
    fn id_is_a_version_7_uuid_with_its_time() {
        let clock = Still(1_782_669_600_123, AtomicU64::new(7));
        let id = MessageId::generate(&clock);
        assert_eq!(id.0.get_version_num(), 7);
        assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.time(), clock.now());
        assert_eq!(MessageId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn conversation_id_contains_its_channel() {
        let clock = Still(1, AtomicU64::new(7));
        for &channel in Channel::ALL {
            assert_eq!(ConversationId::on(channel, &clock).channel(), Some(channel));
        }
    }

    #[test]
    fn following_id_sorts_after_a_clock_ahead() {
        let clock = Still(1_000, AtomicU64::new(7));
        let mut last = MessageId::generate(&Still(5_000, AtomicU64::new(1)));
        for _ in 0..1000 {
            let next = MessageId::following(last, 0, &clock);
            assert!(next > last);
            assert_eq!(next.time(), last.time());
            last = next;
        }
        assert!(MessageId::following(MessageId::end_of(clock.now()), 9, &clock) > MessageId::end_of(clock.now()));
    }

    #[test]
    fn other_spellings_of_a_uuid_are_refused() {
        let plain = "6f6b6f9a-1b6a-4e42-9f71-1b9a3f3d2a33";
        assert!(ConversationId::parse(plain).is_some());
        for other in ["6f6b6f9a1b6a4e429f711b9a3f3d2a33", "{6f6b6f9a-1b6a-4e42-9f71-1b9a3f3d2a33}", "", "x"] {
            assert_eq!(ConversationId::parse(other), None);
        }
    }
}
