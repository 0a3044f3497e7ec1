//! What every function's `main` calls: configuration, logs, clients and the way into the Lambda runtime.

pub mod batch;
mod bucket;
mod client;
mod clock;
mod config;
mod lambda;
mod telemetry;

pub use bucket::{deployed_bucket, local_bucket};
pub use client::{deployed_client, local_client};
pub use clock::SystemClock;
pub use config::ConfigError;
pub use lambda::{run, run_with_bucket, run_without_table, run_worker, run_worker_with_bucket, service};
pub use lambda_http::{Context, Error, LambdaEvent, Service, request::LambdaRequest};
