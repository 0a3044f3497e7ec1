use deskless_domain::{CustomerEvent, CustomerId};

use super::item::{CUSTOMER_ID, attributes, is_erasing, refreshed_to, version};
use crate::{
    item::{Item, integer, string},
    packed::unpack,
};

/// Derives the event between two images of a customer's item. Returns `None` if there is nothing to do: a new customer has
/// no conversations yet.
pub(crate) fn event(before: &Item, after: &Item) -> Option<(CustomerId, CustomerEvent)> {
    let id = |item| string(item, CUSTOMER_ID).and_then(|id| CustomerId::parse(id.to_owned()).ok());
    if after.is_empty() {
        return is_erasing(before).then_some((id(before)?, CustomerEvent::Removed));
    }
    let id = id(after)?;
    if is_erasing(after) {
        // The last step was taken. The expiry of the item is the next event.
        if after.contains_key(attributes::EXPIRES_AT) {
            return None;
        }
        let step = |item| integer(item, attributes::ERASURE_STEP);
        let due = u64::try_from(step(after).unwrap_or(0)).unwrap_or(0);
        let has_moved = !is_erasing(before) || step(before) != step(after);
        return has_moved.then_some((id, CustomerEvent::ErasureDue { step: due }));
    }
    let progress = |item: &Item| (version(item), refreshed_to(item).map(str::to_owned));
    if before.is_empty() || progress(before) == progress(after) {
        return None;
    }
    let refreshed_to = refreshed_to(after).and_then(unpack);
    Some((id, CustomerEvent::RefreshDue { version: version(after), refreshed_to }))
}
