//! Sources of data keys, which encrypt stored secrets: AWS KMS, and a key file for development.

mod kms;
mod local;

use std::{path::Path, sync::Arc};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use deskless_domain::Clock;
use deskless_store::DataKeyProvider;

use self::kms::Kms;
pub use self::local::{KeyFileError, LocalDataKeys};
use crate::{Error, SystemClock, config::Config};

/// Returns the source of data keys that the function's environment names, if any.
pub(crate) fn function_data_keys(config: &Config) -> Result<Option<Arc<dyn DataKeyProvider>>, KeyFileError> {
    let Config { region, access_key_id, secret_access_key, session_token, secrets_key, kms_endpoint, .. } = config;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    if let Some(file) = &config.secrets_key_file {
        return Ok(Some(Arc::new(LocalDataKeys::read(Path::new(file), clock)?)));
    }
    let Some(key) = secrets_key else { return Ok(None) };
    let credentials = Credentials::new(access_key_id, secret_access_key, session_token.clone(), None, "environment");
    let credentials = SharedCredentialsProvider::new(credentials);
    Ok(Some(Arc::new(Kms::new(Some(key.clone()), region, kms_endpoint.as_deref(), credentials, clock))))
}

/// Returns the data keys of a table in AWS, with credentials and region from the usual AWS environment and files. Without
/// the ARN of a key, data keys can be decrypted and not generated.
///
/// # Errors
/// If no credentials or no region are configured.
pub async fn deployed_data_keys(key: Option<String>) -> Result<Arc<dyn DataKeyProvider>, Error> {
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(crate::client::https()).load().await;
    let region = config.region().ok_or("no AWS region: set AWS_REGION")?.to_string();
    let credentials = config
        .credentials_provider()
        .ok_or("no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")?;
    Ok(Arc::new(Kms::new(key, &region, None, credentials, Arc::new(SystemClock))))
}
