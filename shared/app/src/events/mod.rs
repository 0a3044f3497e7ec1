//! The event log: what is written to it, and its feed.

mod feed;

pub use feed::{FeedPage, FeedStart, ReadFeed, read_feed};
