//! Files: upload, download, S3's own checks and attachments.

mod attachments;
mod delete;
mod own;
mod refused;
mod register;
mod sign;
