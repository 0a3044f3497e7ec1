//! Every operation and every documented error, per role, over HTTP.

mod authentication;
mod bad_input;
mod conversations_create;
mod conversations_get;
mod conversations_list;
mod conversations_update;
mod core_contract;
mod customers;
mod every_route;
mod idempotency;
mod messages_create;
mod messages_delete;
mod messages_external_id;
mod messages_list;
mod messages_transform;
mod messages_update;
mod messages_window;
mod versions;
