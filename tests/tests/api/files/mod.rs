//! Files: upload, download, S3's own checks and attachments.

mod attachments;
mod customers;
mod delete;
mod quota;
mod register;
mod sign;
mod signatures;
