use deskless_api::{Reply, dialect::respond};
use http::StatusCode;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Health {
    success: bool,
    status: &'static str,
}

/// Returns that the function answers. Needs no key and reads nothing.
pub async fn get_health() -> Reply {
    respond(StatusCode::OK, &Health { success: true, status: "ok" })
}
