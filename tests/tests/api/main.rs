//! Every operation and every documented error, per role, over HTTP.

mod authentication;
mod bad_input;
mod conversations_create;
mod conversations_filters;
mod conversations_counts;
mod conversations_delete;
mod conversations_get;
mod conversations_list;
mod conversations_placement;
mod conversations_update;
mod core_contract;
mod customers;
mod every_route;
mod idempotency;
mod messages_create;
mod messages_list;
mod versions;
