//! The engine's port. The engine's own server answers every web page, so this one takes its place.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::post,
};
use dynoxide::Database;
use http::{HeaderMap, StatusCode, header};
use tokio::net::TcpListener;

use super::in_process::{Tokens, run};
use crate::guard;

/// DynamoDB accepts bodies of up to 16 MB.
const MAX_BODY_SIZE: usize = 16 * 1024 * 1024;

/// Serves DynamoDB's JSON protocol to programs on this computer.
pub(super) async fn serve(listener: TcpListener, database: Database) {
    let router = Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(MAX_BODY_SIZE))
        .layer(from_fn(guard::local_programs))
        .with_state(database);
    // The server ends only when the task is aborted.
    axum::serve(listener, router).await.unwrap_or_default();
}

async fn answer(State(database): State<Database>, headers: HeaderMap, body: Bytes) -> Response {
    // Requests that arrive together are all accepted before the first one is answered, as by a real table.
    tokio::task::yield_now().await;
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let (status, body) = match run(&database, operation, &body, Tokens::Checked) {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => (StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST), error.to_json()),
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
}
