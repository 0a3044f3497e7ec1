//! The HTTP client for URLs that come from API users, such as those of webhooks.
//!
//! A function can reach addresses that are not public, so the client prevents server-side request forgery. It resolves a host
//! once, rejects it if any of its addresses is not public, and connects to exactly one of these addresses. It follows no
//! redirects. So neither DNS rebinding nor a redirect leads to an internal address. Loopback addresses can be reached only by a
//! [`Request`] that says so, over http.
//!
//! Each request is a POST of JSON, with a Standard Webhooks signature over the exact bytes.

mod address;
mod answer;
mod client;
mod connection;
mod failure;
mod network;
mod request;
mod retry_after;
mod signature;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use client::{Client, client};
pub use failure::Failure;
pub use network::{Internet, Later, Network};
pub use request::Request;
