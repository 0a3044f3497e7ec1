//! What other programs integrate with: the feed of events.

mod list_events;

deskless_api::operations!(list_events::list_events);
