//! One truth, and the copies held to it: routes, table, description, budgets, tenant boundary, README.

mod access_patterns;
mod cors;
mod description;
mod filters;
mod isolation;
mod policies;
mod readme;
mod routes;
mod table;
mod template;
