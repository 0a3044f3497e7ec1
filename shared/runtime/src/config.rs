use std::env;

/// The function cannot start because its environment is incomplete.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The variable is unset or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
}

/// The environment of a function. Lambda sets everything except the names of the table and the bucket.
pub(crate) struct Config {
    /// `TABLE_NAME`: the table's name.
    pub table: String,
    /// `AWS_REGION`: the region.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`: the access key of the function's role.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`: the secret key of the function's role.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`: the session token of the function's role. Unset with long-term keys.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB` or `AWS_ENDPOINT_URL`: overrides the DynamoDB endpoint.
    pub endpoint: Option<String>,
    /// `FILES_BUCKET`: the bucket's name. Set only for functions that use files.
    pub bucket: Option<String>,
    /// `FAILED_EVENTS_BUCKET`: the name of the bucket for failed stream records. Set only for workers.
    pub failed_events: Option<String>,
    /// `SECRETS_KEY`: the ARN of the KMS key of stored secrets. Set only for functions that read or write secrets.
    pub secrets_key: Option<String>,
    /// `SECRETS_KEY_FILE`: the path of a key file in place of a KMS key. Set only by the local stack.
    pub secrets_key_file: Option<String>,
    /// `DELIVERIES_FUNCTION`: the name or ARN of the function `deliveries`. Set only for functions that start deliveries.
    pub deliveries_function: Option<String>,
    /// `AWS_ENDPOINT_URL_LAMBDA` or `AWS_ENDPOINT_URL`: overrides the Lambda endpoint.
    pub lambda_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_KMS` or `AWS_ENDPOINT_URL`: overrides the KMS endpoint.
    pub kms_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`: overrides the S3 endpoint.
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
            failed_events: optional("FAILED_EVENTS_BUCKET"),
            secrets_key: optional("SECRETS_KEY"),
            secrets_key_file: optional("SECRETS_KEY_FILE"),
            deliveries_function: optional("DELIVERIES_FUNCTION"),
            lambda_endpoint: optional("AWS_ENDPOINT_URL_LAMBDA").or_else(|| optional("AWS_ENDPOINT_URL")),
            kms_endpoint: optional("AWS_ENDPOINT_URL_KMS").or_else(|| optional("AWS_ENDPOINT_URL")),
            bucket_endpoint: optional("AWS_ENDPOINT_URL_S3").or_else(|| optional("AWS_ENDPOINT_URL")),
        })
    }
}

impl Config {
    /// Returns the configuration of the function `deliveries`, which starts deliveries through its own alias. The template cannot name a
    /// function in its own environment.
    pub fn starting_itself(self) -> Self {
        let own = || optional("AWS_LAMBDA_FUNCTION_NAME").map(|name| format!("{name}:{ALIAS}"));
        Self { deliveries_function: self.deliveries_function.or_else(own), ..self }
    }
}

/// `AutoPublishAlias` in `template.yaml`.
const ALIAS: &str = "live";

fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}
