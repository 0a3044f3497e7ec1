//! Webhook endpoints: AP-185, AP-188. The endpoints themselves are a small collection.

mod follow;
