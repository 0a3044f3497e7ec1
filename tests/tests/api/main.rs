//! Every operation and every documented error, per role, over HTTP.

mod authentication;
mod bad_input;
mod conversations_create;
mod conversations_filters;
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
mod workspace_api_keys;
mod workspace_customers;
mod workspace_directory;
mod workspace_inboxes;
mod workspace_pipelines;
mod workspace_shape;
mod workspace_support;
mod workspace_views;
