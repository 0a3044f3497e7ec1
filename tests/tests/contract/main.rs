//! Checks that routes, table, OpenAPI document, budgets, tenant isolation and README agree.

mod access_patterns;
mod alarms;
mod authorization;
mod cors;
mod costs;
mod description;
mod dialects;
mod earlier_format;
mod examples;
mod filters;
mod isolation;
mod limits;
mod operations;
mod pages;
mod policies;
mod readme;
mod routes;
mod row_size;
mod secrets;
mod security;
mod table;
mod template;
