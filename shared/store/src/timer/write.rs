//! The two attributes of an item that is due at a time.

use deskless_domain::Timestamp;

use crate::{
    expression::{Update, number, text},
    keys::{BY_DUE_TIME, DUE, Key, due_partition_of},
};

/// Makes the item with this key due at this time.
pub(crate) fn set_due(update: &mut Update, key: &Key, at: Timestamp) {
    update.set(BY_DUE_TIME.partition, text(due_partition_of(&key.pk)));
    update.set(DUE, number(at.as_millis()));
}

/// Makes an item no longer due. Costs nothing for one that is not.
pub(crate) fn clear_due(update: &mut Update) {
    update.remove(BY_DUE_TIME.partition);
    update.remove(DUE);
}
