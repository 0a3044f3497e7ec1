use std::env;

/// A function cannot start: its environment is incomplete.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The variable is not set, or is empty.
    #[error("the environment variable {0} must be set")]
    Missing(&'static str),
}

/// What a function reads from its environment, before the first request.
#[derive(Debug)]
pub(crate) struct Config {
    /// `TABLE_NAME`: the table.
    pub table: String,
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        let table = env::var("TABLE_NAME").ok().filter(|name| !name.is_empty());
        Ok(Self { table: table.ok_or(ConfigError::Missing("TABLE_NAME"))? })
    }
}
