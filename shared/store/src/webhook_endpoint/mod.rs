//! Webhook endpoints: AP-185 to AP-189. The endpoints themselves are a small collection.

mod follow;
