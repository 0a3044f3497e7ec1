//! A minimal function with axum and `lambda_http`, the baseline for cold starts.

use axum::{Router, routing::get};

fn main() -> Result<(), lambda_http::Error> {
    let router = Router::new().route("/", get(|| async { "Hello" }));
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(lambda_http::run(router))
}
