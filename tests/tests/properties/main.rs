//! Properties that hold for every value and every order of events.
//!
//! Runs are deterministic. `PROPTEST_CASES` sets the number of cases, `PROPTEST_RNG_SEED` selects others.

mod counters;
mod cursors;
mod ids;
mod metadata;
mod model;
mod paging;
mod secrets;
mod sms;
mod support;
mod sync;
mod templates;
mod texts;
mod transitions;
