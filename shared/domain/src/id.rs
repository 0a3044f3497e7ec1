//! Identifiers: UUIDs of version 7, so that they sort by time.

use uuid::Uuid;

use crate::{Channel, Clock, Timestamp, clock::random};

/// What RFC 9562 leaves free for random bits in a version 7 UUID: 12 in `rand_a`, 62 in `rand_b`.
const RANDOM_BITS: u128 = (0xfff << 64) | ((1 << 62) - 1);
const VERSION_AND_VARIANT: u128 = (0x7 << 76) | (0b10 << 62);

fn v7(time: Timestamp, random: u128) -> Uuid {
    let millis = u128::from(time.as_millis().max(0).unsigned_abs()) << 80;
    // The 74 random bits stand around the four version bits and the two variant bits.
    let high = (random >> 62 << 64) & (0xfff << 64);
    let low = random & ((1 << 62) - 1);
    Uuid::from_u128(millis | VERSION_AND_VARIANT | high | low)
}

fn time_of(id: Uuid) -> Timestamp {
    Timestamp::from_millis(i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX))
}

/// The 74 random bits of a version 7 UUID as one number.
fn random_of(id: Uuid) -> u128 {
    let bits = id.as_u128() & RANDOM_BITS;
    (bits >> 64 << 62) | (bits & ((1 << 62) - 1))
}

/// What every id can do.
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
    /// A new id of this moment.
    fn generate(clock: &dyn Clock) -> Self;

    /// Reads the hyphenated form.
    fn parse(text: &str) -> Option<Self>;

    /// The sixteen bytes.
    fn to_bytes(self) -> [u8; 16];

    /// Reads the sixteen bytes back.
    fn from_bytes(bytes: [u8; 16]) -> Self;

    /// When the id was made.
    fn time(self) -> Timestamp;
}

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
            /// A new id of this moment.
            #[must_use]
            pub fn generate(clock: &dyn Clock) -> Self {
                Self(v7(clock.now(), u128::from_be_bytes(random(clock))))
            }

            /// Reads the hyphenated form in either case. Any UUID is an id, though not one of ours.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                // `Uuid` would also take the braced, the URN and the bare form: one thing, one name.
                (text.len() == 36).then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
            }

            /// The sixteen bytes, for compact forms such as cursors.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads the sixteen bytes back.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// When the id was made, in milliseconds.
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
    /// A workspace: one tenant.
    WorkspaceId
);
id_type!(
    /// A conversation. Its last byte says which channel it is on, which never changes: a message can be answered
    /// with its channel without reading the conversation first.
    ConversationId
);
id_type!(
    /// A message. Within a conversation, ids sort in the order in which the messages were committed.
    MessageId
);
id_type!(
    /// An inbox: where conversations arrive.
    InboxId
);
id_type!(
    /// A member: a person who works in a workspace.
    MemberId
);
id_type!(
    /// An assistant: a program that answers.
    AssistantId
);
id_type!(
    /// A pipeline: an ordered row of stages.
    PipelineId
);
id_type!(
    /// A stage of a pipeline.
    StageId
);
id_type!(
    /// A view: a saved filter.
    ViewId
);
id_type!(
    /// A file.
    FileId
);
id_type!(
    /// A predefined message.
    PredefinedMessageId
);
id_type!(
    /// A bulk action.
    BulkActionId
);
id_type!(
    /// An automation.
    AutomationId
);
id_type!(
    /// One run of an automation.
    ExecutionId
);
id_type!(
    /// An API key (not its secret).
    KeyId
);
id_type!(
    /// A secret that tokens are signed with (not the secret itself).
    SecretId
);
id_type!(
    /// One request, in logs and problem documents.
    RequestId
);
id_type!(
    /// One attempt to write, so that a write whose answer was lost can recognise itself.
    AttemptId
);

impl ExecutionId {
    /// The id with this time and these bits in place of random ones.
    pub(crate) fn at(time: Timestamp, bits: u128) -> Self {
        Self(v7(time, bits))
    }
}

impl ConversationId {
    /// A new id of this moment that remembers its channel.
    #[must_use]
    pub fn on(channel: Channel, clock: &dyn Clock) -> Self {
        let bits = v7(clock.now(), u128::from_be_bytes(random(clock))).as_u128();
        Self(Uuid::from_u128((bits & !0xff) | u128::from(channel.code())))
    }

    /// The channel, if this is an id that [`ConversationId::on`] made.
    #[must_use]
    pub fn channel(self) -> Option<Channel> {
        Channel::from_code(self.0.as_bytes()[15])
    }
}

impl MessageId {
    /// A new id that sorts behind `after`, however far ahead the clock was that made that one.
    ///
    /// Where the clock is not ahead of `after`, its time is kept and its random bits are counted up by a random
    /// step (RFC 9562, section 6.2, method 2). `tries` is how often this message came too late already: each time it
    /// leaps farther, so that among many writers those who have waited longest come first.
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
            // Thousands of messages would have to share a millisecond.
            Self(v7(Timestamp::from_millis(after.time().as_millis() + 1), step))
        }
    }

    /// The id that sorts before all others.
    pub const FIRST: Self = Self(Uuid::nil());

    /// The id that sorts behind all others.
    pub const LAST: Self = Self(Uuid::max());

    /// The last id that a moment can have.
    #[must_use]
    pub fn end_of(time: Timestamp) -> Self {
        Self(v7(time, u128::MAX))
    }
}

impl MessageId {
    /// The id right before this one: nothing lies in between.
    #[must_use]
    pub fn preceding(self) -> Self {
        Self(Uuid::from_u128(self.0.as_u128().saturating_sub(1)))
    }
}

impl From<ConversationId> for MessageId {
    /// A conversation's place in lists before it has a reply: see `activity` in the store.
    fn from(id: ConversationId) -> Self {
        Self(id.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A clock that stands still, with random bytes that count.
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
    fn an_id_is_a_version_7_uuid_that_knows_its_time() {
        let clock = Still(1_782_669_600_123, AtomicU64::new(7));
        let id = MessageId::generate(&clock);
        assert_eq!(id.0.get_version_num(), 7);
        assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.time(), clock.now());
        assert_eq!(MessageId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn a_conversation_id_knows_its_channel() {
        let clock = Still(1, AtomicU64::new(7));
        for &channel in Channel::ALL {
            assert_eq!(ConversationId::on(channel, &clock).channel(), Some(channel));
        }
    }

    #[test]
    fn a_following_id_sorts_behind_also_when_the_clock_is_behind() {
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
    fn other_spellings_of_a_uuid_are_no_ids() {
        let plain = "6f6b6f9a-1b6a-4e42-9f71-1b9a3f3d2a33";
        assert!(ConversationId::parse(plain).is_some());
        for other in ["6f6b6f9a1b6a4e429f711b9a3f3d2a33", "{6f6b6f9a-1b6a-4e42-9f71-1b9a3f3d2a33}", "", "x"] {
            assert_eq!(ConversationId::parse(other), None);
        }
    }
}
