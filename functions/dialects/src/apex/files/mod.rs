//! `/s3-url-signing` and `/conversation-files`.

mod create;
mod sign;

use deskless_domain::FileId;

pub use create::create;
pub use sign::sign;

/// Returns the id of a file in its key, its path or its URL: the last part.
pub fn id_in(path: &str) -> Option<FileId> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    FileId::parse(path.rsplit('/').next()?)
}

#[cfg(test)]
mod tests {
    use super::id_in;

    #[test]
    fn last_part_is_the_id() {
        let id = "0190a5c4-7e00-7000-8000-00000000000a";
        for path in [
            id.to_owned(),
            format!("pending/w/{id}"),
            format!("s3://bucket/files/w/{id}"),
            format!("https://b/{id}?a=b/c"),
        ] {
            assert_eq!(id_in(&path).map(|id| id.to_string()).as_deref(), Some(id), "{path}");
        }
        assert_eq!(id_in("pending/a.png"), None);
    }
}
