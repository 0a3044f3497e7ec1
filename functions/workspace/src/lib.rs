//! The workspace: customers, inboxes, members, assistants, pipelines, saved views, API keys and the audit log.

mod api_keys;
mod assistants;
mod audit_log;
mod customers;
mod inboxes;
mod members;
mod pipelines;
mod views;

deskless_api::operations!(
    customers::list_customers,
    customers::create_customer,
    customers::get_customer,
    customers::update_customer,
    customers::delete_customer,
    inboxes::list_inboxes,
    inboxes::create_inbox,
    inboxes::get_inbox,
    inboxes::update_inbox,
    inboxes::delete_inbox,
    members::list_members,
    members::create_member,
    members::get_member,
    members::update_member,
    members::delete_member,
    assistants::list_assistants,
    assistants::create_assistant,
    assistants::get_assistant,
    assistants::update_assistant,
    assistants::delete_assistant,
    pipelines::list_pipelines,
    pipelines::create_pipeline,
    pipelines::get_pipeline,
    pipelines::update_pipeline,
    pipelines::delete_pipeline,
    views::list_views,
    views::create_view,
    views::get_view,
    views::update_view,
    views::delete_view,
    api_keys::list_api_keys,
    api_keys::create_api_key,
    api_keys::get_api_key,
    api_keys::update_api_key,
    api_keys::delete_api_key,
    audit_log::list_audit_log,
);
