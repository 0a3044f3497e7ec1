//! The stored names of attributes, by the names that the API uses.

use crate::table::Row;

/// The names of a conversation's own item.
const CONVERSATION: [(&str, &str); 38] = [
    ("activity", "a"),
    ("assigneeId", "as"),
    ("assistantId", "ai"),
    ("attempt", "t"),
    ("awaitingReply", "w"),
    ("cause", "by"),
    ("channel", "ch"),
    ("closedAt", "cl"),
    ("createdAt", "ca"),
    ("customer", "c"),
    ("deletedAt", "dl"),
    ("escalated", "e"),
    ("externalId", "x"),
    ("firstResponseAt", "fr"),
    ("inboxId", "in"),
    ("largeMetadata", "lm"),
    ("lastCustomerReplyAt", "lc"),
    ("messageCount", "mc"),
    ("metadata", "m"),
    ("metadataMark", "mm"),
    ("number", "n"),
    ("orderMark", "o"),
    ("pipelineId", "pi"),
    ("preview", "pv"),
    ("previewMessageId", "pm"),
    ("priority", "pr"),
    ("purged", "pg"),
    ("readUpTo", "r"),
    ("resolution", "re"),
    ("sessionKey", "se"),
    ("snoozedUntil", "sn"),
    ("source", "so"),
    ("stageId", "st"),
    ("status", "s"),
    ("subject", "su"),
    ("tags", "tg"),
    ("unreadCount", "u"),
    ("updatedAt", "ua"),
];
const MESSAGE: [(&str, &str); 10] = [
    ("attachments", "at"),
    ("body", "b"),
    ("content", "c"),
    ("contentObject", "bl"),
    ("deliveryStatus", "d"),
    ("externalId", "x"),
    ("metadata", "m"),
    ("role", "r"),
    ("sender", "s"),
    ("type", "k"),
];
const CUSTOMER: [(&str, &str); 11] = [
    ("activity", "a"),
    ("attempt", "t"),
    ("company", "co"),
    ("email", "e"),
    ("id", "i"),
    ("identitySource", "s"),
    ("metadata", "m"),
    ("name", "n"),
    ("phone", "p"),
    ("registeredEmail", "re"),
    ("updatedAt", "ua"),
];
/// The names of the item with the version and status that a conversation was last counted with.
const COUNTED: [(&str, &str); 4] = [("assigneeId", "as"), ("generation", "g"), ("inboxId", "in"), ("status", "s")];
const CHANGE_LOG: [(&str, &str); 1] = [("ids", "i")];
/// The names that are the same in all items.
const ALL: [(&str, &str); 3] = [("activity", "a"), ("format", "f"), ("version", "v")];

/// Returns the stored name of an attribute. Names that are not shortened, and stored names, stay as they are.
pub(crate) fn stored<'n>(row: &Row, name: &'n str) -> &'n str {
    let own: &[_] = match (row.letter(), row.sk()) {
        (Some("C"), "A") => &CONVERSATION,
        (Some("C"), "Z") => &COUNTED,
        (Some("C"), sk) if sk.starts_with("M#") => &MESSAGE,
        (Some("U"), _) => &CUSTOMER,
        (Some("M"), _) => &CHANGE_LOG,
        _ => &[],
    };
    let found = own.iter().chain(&ALL).find(|(long, _)| *long == name);
    found.map_or(name, |(_, short)| short)
}

/// Returns the stored name of a customer's attribute.
pub(crate) fn of_customer(name: &str) -> &str {
    CUSTOMER.iter().find(|(long, _)| *long == name).map_or(name, |(_, short)| short)
}
