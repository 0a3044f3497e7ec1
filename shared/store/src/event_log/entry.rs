//! Entries: the events themselves.

use std::io::{Read, Write};

use deskless_domain::{ConversationId, EventActor, EventContent, EventId, EventType, LoggedEvent, Timestamp};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize, Serialize};

use super::{append::NewEvent, expiry, segment::Reference};
use crate::{
    StoreError, TenantStore,
    item::{self, Item, string},
    packed::{self, pack, unpack},
};

/// The number of bytes of one write unit.
const WRITE_UNIT: usize = 1024;
/// About the size of an entry without its data, in bytes.
const OTHER_BYTES: usize = 200;

/// An event's item.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryItem {
    #[serde(rename = "q")]
    sequence: u64,
    /// The time of the append, in milliseconds.
    #[serde(rename = "t")]
    appended: i64,
    #[serde(rename = "k")]
    event_type: EventType,
    /// The time of the change, in milliseconds.
    #[serde(rename = "at")]
    occurred_at: i64,
    #[serde(rename = "ac")]
    actor: String,
    #[serde(rename = "c", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationId>,
    /// The names of the changed fields.
    #[serde(rename = "cf", default, skip_serializing_if = "Vec::is_empty")]
    changed: Vec<String>,
    /// The names of the omitted fields.
    #[serde(rename = "of", default, skip_serializing_if = "Vec::is_empty")]
    omitted: Vec<String>,
    /// The data as text. Neither this nor `deflated` is there once the customer was erased.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    /// The data in the format DEFLATE, if that saves a write unit.
    #[serde(rename = "z", default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    deflated: Option<Vec<u8>>,
    expires_at: i64,
}

/// The attributes with the data, which an erasure removes.
pub(super) const DATA: [&str; 2] = ["d", "z"];
/// The attribute with the type.
pub(super) const TYPE: &str = "k";

impl TenantStore {
    /// Returns the item of a new event.
    pub(super) fn event_item(&self, event: &NewEvent, sequence: u64, appended: Timestamp) -> Result<Item, StoreError> {
        let EventContent { event_type, occurred_at, actor, conversation_id, changed_fields, omitted_fields, data } =
            event.content.clone();
        let deflated = data.as_deref().map(deflate).transpose()?.flatten();
        let attributes = EntryItem {
            sequence,
            appended: appended.as_millis(),
            event_type,
            occurred_at: occurred_at.as_millis(),
            actor: actor_text(actor),
            conversation: conversation_id,
            changed: changed_fields,
            omitted: omitted_fields,
            data: data.filter(|_| deflated.is_none()),
            deflated,
            expires_at: expiry(appended),
        };
        item::write(self.keys().event(&event.subject, &event.source), &attributes)
    }

    /// Converts the item of an event.
    pub(super) fn read_event(&self, found: Item) -> Result<LoggedEvent, StoreError> {
        let corrupt = || StoreError::Internal("an event of the log cannot be read".to_owned());
        let log = format!("{}#", self.keys().event_log());
        let subject = string(&found, "pk").and_then(|pk| pk.strip_prefix(&log)).ok_or_else(corrupt)?.to_owned();
        let entry: EntryItem = item::read(found)?;
        let actor = parse_actor(&entry.actor).ok_or_else(corrupt)?;
        let data = match entry.deflated {
            Some(deflated) => Some(inflate(&deflated).ok_or_else(corrupt)?),
            None => entry.data,
        };
        Ok(LoggedEvent {
            id: EventId::new(self.workspace_id(), entry.sequence),
            sequence: entry.sequence,
            subject,
            content: EventContent {
                event_type: entry.event_type,
                occurred_at: Timestamp::from_millis(entry.occurred_at),
                actor,
                conversation_id: entry.conversation,
                changed_fields: entry.changed,
                omitted_fields: entry.omitted,
                data,
            },
        })
    }
}

impl NewEvent {
    /// Returns the reference to this event in a segment.
    pub(super) fn reference(&self) -> Reference {
        Reference {
            event_type: self.content.event_type,
            conversation: self.content.conversation_id,
            subject: self.subject.suffix(),
            source: self.source.to_string(),
        }
    }
}

impl TenantStore {
    /// Returns who uses the store, in the form that items have.
    pub(crate) fn actor_text(&self) -> String {
        actor_text(self.event_actor())
    }
}

/// Returns the stored form of an actor: a letter, and the packed id.
pub(super) fn actor_text(actor: EventActor) -> String {
    match actor {
        EventActor::ApiKey(id) => format!("k{}", pack(id)),
        EventActor::Automation(id) => format!("a{}", pack(id)),
        EventActor::BulkAction(id) => format!("b{}", pack(id)),
        EventActor::Customer => "c".to_owned(),
        EventActor::Operator => "o".to_owned(),
        EventActor::System => "s".to_owned(),
    }
}

/// Parses the stored form of an actor.
pub(super) fn parse_actor(text: &str) -> Option<EventActor> {
    let (letter, id) = text.split_at_checked(1)?;
    match letter {
        "k" => unpack(id).map(EventActor::ApiKey),
        "a" => unpack(id).map(EventActor::Automation),
        "b" => unpack(id).map(EventActor::BulkAction),
        "c" => Some(EventActor::Customer),
        "o" => Some(EventActor::Operator),
        "s" => Some(EventActor::System),
        _ => None,
    }
}

/// Compresses data. Returns `None` if that does not save a write unit.
fn deflate(data: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let units = |bytes: usize| (OTHER_BYTES + bytes).div_ceil(WRITE_UNIT);
    if units(data.len()) == 1 {
        return Ok(None);
    }
    let failed = |e: std::io::Error| StoreError::Internal(format!("an event cannot be compressed: {e}"));
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data.as_bytes()).map_err(failed)?;
    let deflated = encoder.finish().map_err(failed)?;
    Ok((units(deflated.len()) < units(data.len())).then_some(deflated))
}

fn inflate(bytes: &[u8]) -> Option<String> {
    let mut data = String::new();
    DeflateDecoder::new(bytes).read_to_string(&mut data).ok().map(|_| data)
}

#[cfg(test)]
mod tests {
    use deskless_domain::{AutomationId, BulkActionId, EventActor, KeyId};

    use super::{actor_text, deflate, inflate, parse_actor};

    #[test]
    fn actors_are_read_as_written() {
        let actors = [
            EventActor::ApiKey(KeyId::from_bytes([1; 16])),
            EventActor::Automation(AutomationId::from_bytes([2; 16])),
            EventActor::BulkAction(BulkActionId::from_bytes([3; 16])),
            EventActor::Customer,
            EventActor::Operator,
            EventActor::System,
        ];
        for actor in actors {
            assert_eq!(parse_actor(&actor_text(actor)), Some(actor));
        }
        assert_eq!(parse_actor(""), None);
    }

    #[test]
    fn only_data_that_saves_a_write_unit_is_compressed() {
        let compressed = |data: &str| deflate(data).expect("compresses");
        assert_eq!(compressed(&"a".repeat(700)), None);
        let long = "abc ".repeat(1000);
        let deflated = compressed(&long).expect("it saves units");
        assert!(deflated.len() < 200);
        assert_eq!(inflate(&deflated), Some(long));
    }
}
