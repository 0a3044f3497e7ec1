use super::item::is_erasing;
use crate::{TenantStore, item::Item};

/// A change of a customer's own row that calls for work.
#[derive(Debug)]
pub struct CustomerChange {
    /// The workspace's items.
    pub tenant: TenantStore,
    /// The row after the change, or before it if the row was removed.
    pub(super) image: Item,
    /// Whether the row has expired and the table has removed it.
    pub(super) is_removed: bool,
}

impl CustomerChange {
    /// Compares two states of a customer's row. Returns `None` when nothing follows from the change: a new customer has no
    /// conversations yet.
    pub(crate) fn between(tenant: TenantStore, before: Item, after: Item) -> Option<Self> {
        if after.is_empty() {
            return is_erasing(&before).then_some(Self { tenant, image: before, is_removed: true });
        }
        let progress =
            |item: &Item| ["version", "refreshedTo", "erasureStep"].map(|attribute| item.get(attribute).cloned());
        let is_new = before.is_empty() && !is_erasing(&after);
        let calls_for_work = !is_new && progress(&before) != progress(&after);
        calls_for_work.then_some(Self { tenant, image: after, is_removed: false })
    }

    /// Returns whether the customer is being erased.
    #[must_use]
    pub fn is_erasure(&self) -> bool {
        is_erasing(&self.image)
    }
}
