//! Bulk actions: one action on many conversations.

mod cancel;
mod create;
mod dto;
mod get;
mod list;

deskless_api::operations!(
    list::list_bulk_actions,
    create::create_bulk_action,
    get::get_bulk_action,
    cancel::cancel_bulk_action,
);
