//! Conversations: threads with a customer.

mod create;
mod dto;
mod get;
mod list;
mod own;
mod update;

deskless_api::operations!(
    list::list_conversations,
    create::create_conversation,
    get::get_conversation,
    update::update_conversation,
);
