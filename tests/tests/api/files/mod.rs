//! Files: three steps up, one down, and what S3 itself refuses.

mod refused;
mod register;
mod sign;
