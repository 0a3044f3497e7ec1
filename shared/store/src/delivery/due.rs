//! The two attributes of a state that is due at a time.

use deskless_domain::Timestamp;

use crate::{
    expression::{Update, number, text},
    keys::Key,
};

pub(super) fn set_due(update: &mut Update, key: &Key, at: Timestamp) {
    let shard = key.pk.bytes().fold(0, |sum: u8, byte| sum.wrapping_add(byte)) % 4;
    update.set("p5", text(format!("T#{shard}")));
    update.set("due", number(at.as_millis()));
}

pub(super) fn clear_due(update: &mut Update) {
    update.remove("p5");
    update.remove("due");
}
