//! How to continue a command that reads the event feed.

use crate::{feed::Feed, log::note};

/// Prints the command line that continues after the last event, to standard error.
pub fn print(arguments: impl Iterator<Item = String>, feed: &Feed<'_>) {
    let Some(position) = feed.continuation() else { return };
    let words = arguments.chain(position).map(|word| quoted(&word)).collect::<Vec<_>>().join(" ");
    note(&format!("\nContinue with:\ndeskless {words}"));
}

/// Returns a word for a shell, in single quotes if it needs any.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("http://127.0.0.1:9000/a_b"), "http://127.0.0.1:9000/a_b");
        assert_eq!(quoted("http://localhost/?a=b&c"), "'http://localhost/?a=b&c'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
