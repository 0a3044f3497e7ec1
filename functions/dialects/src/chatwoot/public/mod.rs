//! The public endpoints of the API channel. The service takes no key here: who knows the identifier of an inbox may write to it. We
//! require an API key of a server, because otherwise anyone could write to a workspace and read what its customers wrote.

mod contacts;
mod conversations;
mod messages;

pub use contacts::{create as create_contact, show as show_contact, update as update_contact};
pub use conversations::{create as create_conversation, list as list_conversations};
pub use messages::{create as create_message, list as list_messages};
