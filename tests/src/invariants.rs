//! x
use crate::Row;
/// x
#[must_use]
pub fn violations(_rows: &[Row]) -> Vec<String> { vec![] }
