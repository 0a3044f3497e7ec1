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
