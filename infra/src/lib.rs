//! The local engines, the table definition from the template and all routes.
//!
//! Shared by the `deskless` command and the tests.

pub mod cargo;
pub mod costs;
pub mod engine;
pub mod examples;
pub mod filter;
pub mod guard;
pub mod private;
pub mod routes;
pub mod s3;
pub mod stream;
pub mod task;
pub mod template;
pub mod worker;
