//! Configuration, logging, AWS clients and the Lambda runtime, for the `main` of every function.

pub mod batch;
mod bucket;
mod client;
mod clock;
mod config;
mod data_keys;
mod deliveries;
mod lambda;
mod signed;
mod telemetry;

pub use bucket::{deployed_bucket, local_bucket};
pub use client::{deployed_client, local_client};
pub use clock::SystemClock;
pub use config::ConfigError;
pub use data_keys::{KeyFileError, LocalDataKeys, deployed_data_keys};
pub use lambda::{
    run, run_retried_task, run_task, run_with_bucket, run_without_table, run_worker, run_worker_with_bucket, service,
};
pub use lambda_http::{Context, Error, LambdaEvent, Service, request::LambdaRequest};
