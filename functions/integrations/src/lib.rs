//! The feed of events, and webhook endpoints.

mod list_events;
mod webhook_endpoints;

deskless_api::operations!(
    list_events::list_events,
    webhook_endpoints::list_webhook_endpoints,
    webhook_endpoints::create_webhook_endpoint,
    webhook_endpoints::get_webhook_endpoint,
    webhook_endpoints::update_webhook_endpoint,
    webhook_endpoints::delete_webhook_endpoint,
    webhook_endpoints::rotate_webhook_secret,
    webhook_endpoints::test_webhook_endpoint,
    webhook_endpoints::list_webhook_attempts,
    webhook_endpoints::replay_events,
    webhook_endpoints::list_undelivered_events,
);
