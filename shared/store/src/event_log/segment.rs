//! Segments: which events one append has added, in order.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use deskless_domain::{ConversationId, EventType, Timestamp};
use serde::{Deserialize, Serialize};

use super::{SEGMENT_KEPT_SECONDS, expiry, source::conversation_of_suffix};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item::{self, Item, string},
    keys::{Key, TenantKeys, segment_of_sk},
    packed::{pack, unpack},
};

/// Separates the parts of a reference.
const SEPARATOR: char = '|';

/// A segment's item. The sequence of its first event is in the key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SegmentItem {
    /// The time of the append, in milliseconds.
    #[serde(rename = "t")]
    appended: i64,
    /// A reference to each event.
    #[serde(rename = "r")]
    events: Vec<String>,
    /// See [`Segment::follows_from`].
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    follows_from: Option<u64>,
    expires_at: i64,
}

/// A reference to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub event_type: EventType,
    pub conversation: Option<ConversationId>,
    /// The end of the partition key.
    pub subject: String,
    /// The sort key.
    pub source: String,
}

impl Reference {
    /// Returns the key of the event.
    pub fn key(&self, keys: TenantKeys) -> Key {
        keys.event_by_texts(&self.subject, &self.source)
    }

    fn write(&self) -> String {
        let mut parts = vec![letter(self.event_type).to_owned(), self.subject.clone(), self.source.clone()];
        if conversation_of_suffix(&self.subject) != self.conversation {
            parts.extend(self.conversation.map(pack));
        }
        parts.join(&SEPARATOR.to_string())
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(SEPARATOR);
        let event_type = parts.next().and_then(type_of_letter)?;
        let (subject, source) = parts.next().zip(parts.next())?;
        let conversation = parts.next().and_then(unpack).or_else(|| conversation_of_suffix(subject));
        Some(Self { event_type, conversation, subject: subject.to_owned(), source: source.to_owned() })
    }
}

/// The letters of the types in references. They are stored: never change one.
const LETTERS: [(EventType, &str); EventType::ALL.len()] = [
    (EventType::ConversationCreated, "C"),
    (EventType::ConversationUpdated, "c"),
    (EventType::ConversationDeleted, "D"),
    (EventType::MessageCreated, "M"),
    (EventType::MessageUpdated, "m"),
    (EventType::MessageDeleted, "d"),
    (EventType::CustomerCreated, "U"),
    (EventType::CustomerUpdated, "u"),
    (EventType::CustomerErased, "E"),
    (EventType::BulkActionFinished, "B"),
    (EventType::AutomationRunFailed, "X"),
    (EventType::FileReady, "F"),
    (EventType::WebhookEndpointDisabled, "N"),
    (EventType::WebhookEndpointTest, "T"),
];

fn letter(event_type: EventType) -> &'static str {
    LETTERS.iter().find(|(known, _)| *known == event_type).map_or("?", |(_, letter)| letter)
}

fn type_of_letter(letter: &str) -> Option<EventType> {
    LETTERS.iter().find(|(_, known)| *known == letter).map(|(event_type, _)| *event_type)
}

/// The events of one append.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// The sequence of the first event.
    pub first: u64,
    pub appended: Timestamp,
    pub events: Vec<Reference>,
    /// If the segment does not continue at the sequence of the one before: no event has a sequence from here to the first one.
    pub follows_from: Option<u64>,
    expires_at: i64,
}

impl Segment {
    /// Creates a segment.
    pub fn new(first: u64, appended: Timestamp, events: Vec<Reference>, follows_from: Option<u64>) -> Self {
        let expires_at = appended.plus_seconds(SEGMENT_KEPT_SECONDS).as_seconds();
        Self { first, appended, events, follows_from, expires_at }
    }

    /// Returns the sequence after the last event.
    pub fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// Returns whether the events are kept at this time.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        expiry(self.appended) > now.as_seconds()
    }

    /// Returns whether DynamoDB may remove the segment before this number of seconds has passed.
    pub fn expires_within(&self, now: Timestamp, seconds: i64) -> bool {
        self.expires_at <= now.plus_seconds(seconds).as_seconds()
    }

    /// Converts to an item.
    pub fn write(&self, keys: TenantKeys) -> Result<Item, StoreError> {
        let attributes = SegmentItem {
            appended: self.appended.as_millis(),
            events: self.events.iter().map(Reference::write).collect(),
            follows_from: self.follows_from,
            expires_at: self.expires_at,
        };
        item::write(keys.event_segment(self.first), &attributes)
    }

    /// Converts an item.
    pub fn read(found: Item) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Internal("a segment of the event log cannot be read".to_owned());
        let first = string(&found, "sk").and_then(segment_of_sk).ok_or_else(corrupt)?;
        let SegmentItem { appended, events, follows_from, expires_at } = item::read(found)?;
        let events = events.iter().map(|text| Reference::read(text)).collect::<Option<_>>().ok_or_else(corrupt)?;
        Ok(Self { first, appended: Timestamp::from_millis(appended), events, follows_from, expires_at })
    }
}

impl TenantStore {
    /// Returns a query of the segments whose first event is one of these, strongly consistent.
    fn segment_query(&self, from: u64, to: u64) -> QueryFluentBuilder {
        self.client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(self.keys().event_log()))
            .expression_attribute_values(":from", text(TenantKeys::event_segment_sk(from)))
            .expression_attribute_values(":to", text(TenantKeys::event_segment_sk(to)))
            .consistent_read(true)
    }

    /// Reads segments in order, of those that begin with this event or a later one. Also returns whether there may be more.
    pub(super) async fn segments_from(&self, first: u64, limit: usize) -> Result<(Vec<Segment>, bool), StoreError> {
        let request = self.segment_query(first, LAST_SEQUENCE).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
        let has_more = output.last_evaluated_key.is_some();
        let segments = output.items.unwrap_or_default().into_iter().map(Segment::read);
        Ok((segments.collect::<Result<_, _>>()?, has_more))
    }

    /// Reads the last segment that begins with this event or an earlier one.
    pub(super) async fn segment_at(&self, sequence: u64) -> Result<Option<Segment>, StoreError> {
        let request = self.segment_query(0, sequence).limit(1).scan_index_forward(false);
        let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
        output.items.unwrap_or_default().into_iter().next().map(Segment::read).transpose()
    }

    /// Reads the newest segment. One that may be removed within a day does not count.
    pub(super) async fn newest_segment(&self) -> Result<Option<Segment>, StoreError> {
        let newest = self.segment_at(LAST_SEQUENCE).await?;
        // Otherwise two writers could disagree whether there is one.
        Ok(newest.filter(|newest| !newest.expires_within(self.clock().now(), DAY_SECONDS)))
    }

    /// Keeps the newest segment for another 60 days, because it gives the next sequence.
    pub(super) async fn keep_segment(&self, newest: &Segment) -> Result<(), StoreError> {
        let mut update = Update::default();
        let end = self.clock().now().plus_seconds(SEGMENT_KEPT_SECONDS).as_seconds();
        update.set("expiresAt", number(end));
        self.update_if(self.keys().event_segment(newest.first), update, Condition::exists()).await.map(drop)
    }
}

/// A day.
pub(super) const DAY_SECONDS: i64 = 24 * 60 * 60;
/// After every sequence: 2^53.
pub(super) const LAST_SEQUENCE: u64 = 1 << 53;

#[cfg(test)]
mod tests {
    use deskless_domain::{ConversationId, EventType};

    use super::{LETTERS, Reference, letter, type_of_letter};
    use crate::packed::pack;

    #[test]
    fn each_type_has_a_letter_of_its_own() {
        for event_type in EventType::ALL {
            assert_eq!(type_of_letter(letter(*event_type)), Some(*event_type));
        }
        assert_eq!(LETTERS.len(), EventType::ALL.len());
    }

    #[test]
    fn references_are_read_as_written() {
        let id = ConversationId::from_bytes([7; 16]);
        let subjects = [(format!("C#{}", pack(id)), Some(id)), ("B#a".to_owned(), Some(id)), ("F#a".to_owned(), None)];
        for (subject, conversation) in subjects {
            let reference =
                Reference { event_type: EventType::FileReady, conversation, subject, source: "V1#0".to_owned() };
            assert_eq!(Reference::read(&reference.write()), Some(reference));
        }
    }
}
