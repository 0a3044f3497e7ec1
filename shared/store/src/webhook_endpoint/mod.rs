//! Webhook endpoints: AP-185 to AP-189. The endpoints themselves are a small collection.

mod cursor;
mod follow;

/// The attribute of a delivery state with the sequence of the last event that was read.
const CURSOR: &str = "cu";
