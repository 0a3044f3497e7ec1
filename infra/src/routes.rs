//! All functions' routes in one place: for the API's description, for `deskless serve` and for tests.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use deskless_api::{ApiState, openapi, serve};
use deskless_domain::Clock;
use deskless_store::Store;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::examples::Examples;

/// The functions by their names in the template, with their routes.
#[must_use]
pub fn functions() -> Vec<(&'static str, OpenApiRouter<ApiState>)> {
    vec![
        ("conversations", described(deskless_conversations::router(), deskless_conversations::description())),
        ("messages", described(deskless_messages::router(), deskless_messages::description())),
        ("bulk-actions", described(deskless_bulk_actions::router(), deskless_bulk_actions::description())),
        ("files", described(deskless_files::router(), deskless_files::description())),
        ("workspace", described(deskless_workspace::router(), deskless_workspace::description())),
        (
            "predefined-messages",
            described(deskless_predefined_messages::router(), deskless_predefined_messages::description()),
        ),
        ("automations", described(deskless_automations::router(), deskless_automations::description())),
        ("discovery", deskless_discovery::router()),
    ]
}

/// The groups with operations for client keys, and their descriptions.
fn client_descriptions() -> Vec<OpenApi> {
    vec![
        deskless_conversations::client_description(),
        deskless_messages::client_description(),
        deskless_files::client_description(),
        deskless_discovery::router::<ApiState>().into_openapi(),
    ]
}

fn described(routes: Router<ApiState>, description: OpenApi) -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(description).merge(routes.into())
}

/// One server with every function's routes.
pub fn router(store: Store, clock: Arc<dyn Clock>) -> Router {
    let all = functions().into_iter().fold(OpenApiRouter::new(), |all, (_, routes)| all.merge(routes));
    serve(all.into(), ApiState::new(store), clock)
}

/// The API's description for server keys, generated from the routes.
///
/// # Errors
/// When the file of examples is malformed.
pub fn description() -> Result<OpenApi> {
    let parts = functions().into_iter().map(|(_, routes)| routes.into_openapi()).collect();
    let mut document = openapi::document(parts);
    Examples::server()?.add_to(&mut document);
    Ok(document)
}

/// The API's description for client keys.
///
/// # Errors
/// When the file of examples is malformed.
pub fn client_description() -> Result<OpenApi> {
    let mut document = openapi::client_document(client_descriptions());
    Examples::client()?.add_to(&mut document);
    Ok(document)
}
