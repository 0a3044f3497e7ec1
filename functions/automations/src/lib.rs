//! Automations, and their executions.

mod action;
mod create;
mod delete;
mod dto;
mod executions;
mod get;
mod list;
mod update;

deskless_api::operations!(
    list::list_automations,
    create::create_automation,
    get::get_automation,
    update::update_automation,
    delete::delete_automation,
    executions::list_executions,
    executions::create_execution,
    executions::get_execution,
);
