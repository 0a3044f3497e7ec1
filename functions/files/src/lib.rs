//! Files, which can be attached to messages.

mod access;
mod delete;
mod dto;
mod get;
mod register;
mod sign;

deskless_api::operations!(
    sign::sign_file,
    register::register_file,
    get::get_file,
    delete::delete_file;
    client:
    sign::sign_file,
    register::register_file,
    get::get_file,
);
