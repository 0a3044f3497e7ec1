//! Errors as texts for the log.

/// The maximum length of an error in a log line and in a parked record, in characters.
const MAX_ERROR: usize = 500;

/// Shortens an error for the log and removes quoted texts, which can be values of an item: names, email addresses, messages.
#[must_use]
pub fn without_values(error: &str) -> String {
    let mut text = String::new();
    let mut quote = None;
    let mut is_escaped = false;
    for c in error.chars().take(MAX_ERROR) {
        let was_escaped = is_escaped;
        is_escaped = c == '\\' && !was_escaped;
        match quote {
            Some(open) if c == open && !was_escaped => quote = None,
            Some(_) => continue,
            None if matches!(c, '"' | '`') => quote = Some(c),
            None => {}
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::without_values;

    #[test]
    fn errors_lose_quoted_values() {
        let error = "an item cannot be read: invalid type: string \"whsec_1\", expected u64 in `customer` of 3";
        assert_eq!(without_values(error), "an item cannot be read: invalid type: string \"\", expected u64 in `` of 3");
        assert_eq!(without_values("open \"secret"), "open \"");
        assert_eq!(without_values(r#"string "a\"secret" here"#), r#"string "" here"#);
        assert_eq!(without_values(&"x".repeat(1000)).len(), 500);
    }
}
