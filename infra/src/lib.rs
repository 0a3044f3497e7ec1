//! Everything around the functions: the local engine, the table's definition, all routes in one place.
//!
//! The `deskless` command is made of it, and so are the tests.

pub mod cargo;
pub mod engine;
pub mod filter;
pub mod routes;
pub mod s3;
pub mod stream;
pub mod template;
pub mod worker;
