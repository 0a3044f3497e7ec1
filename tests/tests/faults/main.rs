//! Concurrency, lost responses and engine failures: acknowledged writes exist exactly once, and all invariants hold.

mod automations;
mod bulk;
mod content;
mod deletion;
mod erasure;
mod event_log;
mod events;
mod external_id;
mod files;
mod idempotency;
mod invariants;
mod lost_responses;
mod order;
mod outage;
mod parked;
mod random_faults;
mod recount;
mod support;
mod throughput;
mod timers;
mod writers;
