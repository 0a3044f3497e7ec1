//! Conversations: threads with a customer.

mod counts;
mod create;
mod cursors;
mod customer_view;
mod delete;
mod dto;
mod get;
mod list;
mod read;
mod resolve;
mod update;

deskless_api::operations!(
    list::list_conversations,
    create::create_conversation,
    get::get_conversation,
    update::update_conversation,
    delete::delete_conversation,
    counts::count_conversations,
    resolve::resolve_conversation,
    read::read_conversation;
    client:
    customer_view::list::list_conversations,
    customer_view::create::by_customer,
    customer_view::get::get_conversation,
);
