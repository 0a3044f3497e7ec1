//! Messages of conversations.

mod by_key;
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
    transform::transform_message,
);
