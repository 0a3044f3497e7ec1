/// Why a value was refused.
///
/// `message` is a predicate without its subject ("must be at most 500 characters; it has 612"), so that whoever
/// knows the field's name can put it in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// A stable word for programs: `required`, `too_long`, `invalid` and so on.
    pub code: &'static str,
    /// A predicate for people.
    pub message: String,
}

impl Invalid {
    /// Makes a refusal from its stable word and its predicate.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "it {}", self.message)
    }
}

impl std::error::Error for Invalid {}

/// Why a value was refused, and where it stands: for values that can only be judged beside what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidField {
    /// Its path in the request, such as `stages[1].id`.
    pub field: String,
    /// What is wrong with it.
    pub invalid: Invalid,
}

impl InvalidField {
    /// Makes a refusal of one field.
    pub fn new(field: impl Into<String>, invalid: Invalid) -> Self {
        Self { field: field.into(), invalid }
    }
}

impl std::fmt::Display for InvalidField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.field, self.invalid.message)
    }
}

impl std::error::Error for InvalidField {}
