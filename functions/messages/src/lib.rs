//! Messages of conversations.

mod create;
mod customer_view;
mod delete;
mod dto;
mod get;
mod list;
mod transform;
mod update;

deskless_api::operations!(
    list::list_messages,
    create::create_message,
    get::get_message,
    update::update_message,
    delete::delete_message,
    transform::transform_message;
    client:
    customer_view::list::list_messages,
    customer_view::create::create_message,
);
