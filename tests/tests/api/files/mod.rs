//! Files: three steps up, one down, what S3 itself refuses, and what messages show of them.

mod attachments;
mod delete;
mod own;
mod refused;
mod register;
mod sign;
