use std::env;

/// A function cannot start: its environment is incomplete.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The variable is not set, or is empty.
    #[error("the environment variable {0} must be set")]
    Missing(&'static str),
}

/// What a function reads from its environment, before the first request. Lambda itself sets all but the table's name.
pub(crate) struct Config {
    /// `TABLE_NAME`: the table.
    pub table: String,
    /// `AWS_REGION`: where it is.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`: the function's role, with the two that follow.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`: not set where somebody's own keys are used.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`: an engine that is not AWS's.
    pub endpoint: Option<String>,
    /// `FILES_BUCKET`: the bucket of files. Only functions that touch files have it.
    pub bucket: Option<String>,
    /// `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`: an S3 that is not AWS's.
    pub bucket_endpoint: Option<String>,
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            region: required("AWS_REGION")?,
            access_key_id: required("AWS_ACCESS_KEY_ID")?,
            secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
            session_token: optional("AWS_SESSION_TOKEN"),
            endpoint: optional("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| optional("AWS_ENDPOINT_URL")),
            bucket: optional("FILES_BUCKET"),
            bucket_endpoint: optional("AWS_ENDPOINT_URL_S3").or_else(|| optional("AWS_ENDPOINT_URL")),
        })
    }
}

fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}
