//! What dialects keep in metadata, because our own resources have no fields for it: an object under the dialect's name.
//!
//! A dialect that replaces metadata neither shows nor changes what the others keep.

use std::collections::BTreeMap;

use deskless_domain::Invalid;
use serde_json::value::RawValue;

/// The members of metadata, whose values keep their digits.
pub type Members = BTreeMap<String, Box<RawValue>>;

/// The dialects that keep something.
const NAMES: [&str; 4] = ["apex", "chatwoot", "empfio", "intercom"];

fn is_kept(name: &str, value: &RawValue) -> bool {
    NAMES.contains(&name) && value.get().starts_with('{')
}

/// Takes what dialects keep out of the members of metadata.
pub fn take(members: &mut Members) -> Members {
    let (kept, own) = std::mem::take(members).into_iter().partition(|(name, value)| is_kept(name, value));
    *members = own;
    kept
}

/// Adds what dialects keep to the members that a caller has set.
///
/// # Errors
/// When a member has the name of something that a dialect keeps, or would be taken for it.
pub fn join(mut members: Members, kept: Members) -> Result<Members, Invalid> {
    let mut names = members.iter().filter(|(name, value)| kept.contains_key(*name) || is_kept(name, value));
    if let Some((name, _)) = names.next() {
        return Err(Invalid::new("invalid", format!("must not have the key `{name}`, which is reserved")));
    }
    members.extend(kept);
    Ok(members)
}
