//! The least that a function written with axum and `lambda_http` can be: what the others' starts are measured against.

use axum::{Router, routing::get};

fn main() -> Result<(), lambda_http::Error> {
    let router = Router::new().route("/", get(|| async { "Hello" }));
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(lambda_http::run(router))
}
