//! The dialects, operation by operation and row by row of the services' documents, and with the services' own SDKs.
//!
//! `make test` installs the SDKs. Without them, their tests are skipped with one line; with `CI=true` they must be there.

mod apex;
mod bancroft;
mod chatwoot;
mod empfio;
mod gtateth;
mod intercom;
mod openai;
mod rows;
mod sdk;
