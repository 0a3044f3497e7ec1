use deskless_domain::Clock;
use deskless_store::Store;

/// What every operation may use.
#[derive(Debug, Clone)]
pub struct ApiState {
    store: Store,
}

impl ApiState {
    /// The state of a process that works on this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.store.clock()
    }
}

/// Routes that have no state yet.
pub type Routes = axum::Router<ApiState>;
