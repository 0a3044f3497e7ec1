//! All functions' routes in one place: for the API's description, for `deskless serve` and for tests.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use deskless_api::{ApiState, openapi, serve};
use deskless_domain::Clock;
use deskless_store::Store;
use utoipa::openapi::OpenApi;

use crate::examples::Examples;

/// A function that serves routes.
pub struct Function {
    /// The name in the template.
    pub name: &'static str,
    /// The routes.
    pub routes: Router<ApiState>,
    /// The paths that the gateway passes to the function, as it writes them.
    pub paths: Vec<String>,
    /// The description of its operations. Dialects are not part of our API's description.
    description: OpenApi,
}

impl Function {
    fn described(name: &'static str, routes: Router<ApiState>, description: OpenApi) -> Self {
        let paths = description.paths.paths.keys().cloned().collect();
        Self { name, routes, paths, description }
    }

    /// Each dialect has one greedy path, because services have paths that a gateway cannot tell apart, such as with and without
    /// a slash at the end.
    fn dialects() -> Self {
        let paths =
            deskless_dialects::DIALECTS.iter().map(|dialect| format!("{}/{{proxy+}}", dialect.base())).collect();
        Self { name: "dialects", routes: deskless_dialects::router(), paths, description: OpenApi::default() }
    }
}

/// Returns a path of the gateway as routers write it: `{proxy+}` is `{*proxy}` there.
#[must_use]
pub fn of_router(path: &str) -> String {
    path.replace("{proxy+}", "{*proxy}")
}

/// The functions, with their routes.
#[must_use]
pub fn functions() -> Vec<Function> {
    let (discovery, description) = deskless_discovery::router().split_for_parts();
    vec![
        Function::described("conversations", deskless_conversations::router(), deskless_conversations::description()),
        Function::described("messages", deskless_messages::router(), deskless_messages::description()),
        Function::described("bulk-actions", deskless_bulk_actions::router(), deskless_bulk_actions::description()),
        Function::described("files", deskless_files::router(), deskless_files::description()),
        Function::described("workspace", deskless_workspace::router(), deskless_workspace::description()),
        Function::described(
            "predefined-messages",
            deskless_predefined_messages::router(),
            deskless_predefined_messages::description(),
        ),
        Function::described("automations", deskless_automations::router(), deskless_automations::description()),
        Function::described("integrations", deskless_integrations::router(), deskless_integrations::description()),
        Function::dialects(),
        Function::described("discovery", discovery, description),
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

/// One server with every function's routes.
pub fn router(store: Store, clock: Arc<dyn Clock>) -> Router {
    let all = functions().into_iter().fold(Router::new(), |all, function| all.merge(function.routes));
    serve(all, ApiState::new(store), clock)
}

/// The API's description for server keys, generated from the routes.
///
/// # Errors
/// When the file of examples is malformed.
pub fn description() -> Result<OpenApi> {
    let parts = functions().into_iter().map(|function| function.description).collect();
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
