//! What holds for every value, and for every order of events.
//!
//! Runs are the same every time. `PROPTEST_CASES` asks for more cases, `PROPTEST_RNG_SEED` for others.

mod cursors;
mod ids;
mod metadata;
mod model;
mod paging;
mod secrets;
mod sms;
mod support;
mod templates;
mod texts;
