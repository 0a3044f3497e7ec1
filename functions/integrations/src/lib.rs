//! What other programs follow a workspace with: webhook endpoints.

mod webhook_endpoints;

deskless_api::operations!(
    webhook_endpoints::list_webhook_endpoints,
    webhook_endpoints::create_webhook_endpoint,
    webhook_endpoints::get_webhook_endpoint,
    webhook_endpoints::update_webhook_endpoint,
    webhook_endpoints::delete_webhook_endpoint,
    webhook_endpoints::rotate_webhook_secret,
);
