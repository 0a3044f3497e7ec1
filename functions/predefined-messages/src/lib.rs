//! Predefined messages: replies that are saved as templates.

mod create;
mod delete;
mod dto;
mod get;
mod list;
mod render;
mod update;

deskless_api::operations!(
    list::list_predefined_messages,
    create::create_predefined_message,
    get::get_predefined_message,
    update::update_predefined_message,
    delete::delete_predefined_message,
    render::render_predefined_message,
);
