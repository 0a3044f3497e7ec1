use deskless_domain::Clock;
use deskless_store::Store;

/// The state of all operations.
#[derive(Debug, Clone)]
pub struct ApiState {
    store: Store,
}

impl ApiState {
    /// Creates the state from a store.
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

/// Routes without their state.
pub type Routes = axum::Router<ApiState>;
