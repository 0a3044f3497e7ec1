//! The version of the service. Clients ask for it to check the address.

use deskless_api::Reply;
use serde_json::json;

use super::query::shown;

/// Returns our version. Needs no key.
pub async fn version() -> Reply {
    shown(&json!({ "version": env!("CARGO_PKG_VERSION"), "queue_services": "ok", "data_services": "ok" }))
}
