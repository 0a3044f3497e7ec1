use deskless_domain::{CustomerEvent, Timestamp};

use super::item::{attributes, is_erasing, refreshed_to, version};
use crate::{
    CustomerKey,
    item::{Item, integer, string},
    keys::customer_of,
    packed::unpack,
};

/// Derives the event between two images of a customer's item. Returns `None` if there is nothing to do: a new customer has
/// no conversations yet.
pub(crate) fn event(before: &Item, after: &Item) -> Option<(CustomerKey, CustomerEvent)> {
    let id = |item| string(item, "pk").and_then(customer_of);
    if after.is_empty() {
        // Only the expiry removes an item that has one.
        let expired_at = integer(before, attributes::EXPIRES_AT).filter(|_| is_erasing(before))?;
        let expired_at = Timestamp::from_millis(expired_at.saturating_mul(1000));
        return Some((id(before)?, CustomerEvent::Removed { expired_at }));
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
