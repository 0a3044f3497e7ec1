use crate::nearest;

/// Why a value is invalid.
///
/// `message` is a predicate without a subject, such as "must be at most 500 characters; it has 612". The caller puts the
/// field's name in front of it and a full stop behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// A stable code for programs, such as `required`, `too_long` or `invalid`.
    pub code: &'static str,
    /// A predicate for people.
    pub message: String,
}

impl Invalid {
    /// Creates an error from its code and its predicate.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Creates the error for a value that is not one of `known`. It suggests the nearest known value, if one is close.
    #[must_use]
    pub fn unknown_value(value: &str, known: &[&str]) -> Self {
        let suggestion = nearest(value, known).map(|nearest| format!(". Did you mean `{nearest}`?"));
        let message = format!("must be one of {}{}", known.join(", "), suggestion.unwrap_or_default());
        Self::new("unknown_value", message)
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

/// Why a field is invalid. Used where a value can be judged only together with others or with stored data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidField {
    /// The path of the field in the request, such as `stages[1].id`.
    pub field: String,
    /// The error.
    pub invalid: Invalid,
}

impl InvalidField {
    /// Creates an error for one field.
    pub fn new(field: impl Into<String>, invalid: Invalid) -> Self {
        Self { field: field.into(), invalid }
    }
}

impl std::fmt::Display for InvalidField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` {}", self.field, self.invalid.message)
    }
}

impl std::error::Error for InvalidField {}
