/// What a partial change does to a value that may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldChange<T> {
    /// Leave it.
    #[default]
    Keep,
    /// Make it empty.
    Clear,
    /// Give it this value.
    Set(T),
}

impl<T> FieldChange<T> {
    /// The value, if there is a new one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// Carries it out.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}

impl<T> From<Option<T>> for FieldChange<T> {
    /// Of a value that was said: none clears.
    fn from(said: Option<T>) -> Self {
        said.map_or(Self::Clear, Self::Set)
    }
}
