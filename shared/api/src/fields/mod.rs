//! Deserialization of JSON into domain types. Collects all errors instead of stopping at the first.

mod error;
mod values;
mod wrappers;

pub use error::{FieldError, InvalidRequest};
pub use wrappers::{Optional, Patch, RawBody, Whole};
pub(crate) use wrappers::{object, string};
