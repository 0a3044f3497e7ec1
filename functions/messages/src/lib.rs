//! Messages: what is said in a thread.

mod create;
mod dto;
mod get;
mod list;
mod own;

deskless_api::operations!(list::list_messages, create::create_message, get::get_message,);
