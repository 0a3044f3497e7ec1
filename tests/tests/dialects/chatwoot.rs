//! The dialect `chatwoot`.

mod attributes;
mod errors;
mod filters;
mod forms;
mod ids;
mod routes;

use deskless_tests::World;

use crate::sdk;

#[tokio::test]
async fn support_case_with_the_sdk() {
    sdk::node(&World::new().await, "chatwoot", "flow.mjs").await;
}

#[tokio::test]
async fn requests_of_n8n() {
    sdk::node(&World::new().await, "chatwoot", "n8n.mjs").await;
}
