//! The HTTP edge: what all routes have in common.
//!
//! A request passes the layers of [`serve`]. Extractors parse it ([`Caller`], [`Principal`], [`ApiPath`], [`ApiQuery`],
//! [`ApiJson`], [`Idempotent`]). An operation handles it and returns its response type or a [`Problem`]. Errors of the domain
//! and the store get their status codes here.

mod auth;
mod caching;
mod canonical;
mod denial;
pub mod dialect;
mod encoding;
mod field_names;
mod fields;
mod hs256;
mod idempotency;
mod json;
mod layers;
mod media_type;
pub mod openapi;
mod operations;
mod paging;
mod path;
mod precondition;
mod principal;
mod problem;
mod query;
mod reply;
pub mod shape;
mod state;
mod throttle;
pub mod token;
pub mod wire;

pub use auth::{Caller, Guard, scope};
#[doc(hidden)]
pub use deskless_domain as domain;
pub use encoding::accepts_gzip;
pub use fields::{FieldError, InvalidRequest, Optional, Patch, RawBody, Whole};
pub use idempotency::{Actor, Idempotent};
pub use json::{ApiJson, Json, JsonObject};
pub use layers::{Invocation, serve};
#[doc(hidden)]
pub use operations::{access_of, declare, route};
pub use paging::{CursorScope, Limit};
pub use path::ApiPath;
pub use precondition::{IfMatch, IfNoneMatch, version_tag};
pub use principal::{AnonymousCaller, CustomerCaller, Principal, PrincipalOrAnonymous};
pub use problem::{Code, Problem, ProblemDocument};
pub use query::{ApiQuery, NoParameters};
pub use reply::{Reply, accepted, content_version, created, no_content, ok, replayed, shown_once, with_secret};
pub use state::{ApiState, Routes};
#[doc(hidden)]
pub use utoipa_axum::paste;
