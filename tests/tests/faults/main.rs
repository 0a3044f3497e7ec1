//! Many at once, answers that get lost, an engine that fails: what is acknowledged is there exactly once, and the
//! invariants hold.

mod automations;
mod bulk;
mod deletion;
mod events;
mod external_id;
mod files;
mod idempotency;
mod invariants;
mod lost_answers;
mod order;
mod outage;
mod support;
mod weather;
mod writers;
