//! The bucket of files. The store builds its few S3 requests itself, so this provides a connector instead of a client.

use std::{sync::Arc, time::Duration};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use deskless_domain::Clock;
use deskless_store::{Bucket, BucketSettings};

use crate::{client::tls, config::Config};

/// Timeouts below the functions' 15 s. S3 copies 25 MiB within two seconds.
fn settings() -> HttpConnectorSettings {
    HttpConnectorSettings::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(5))
        .build()
}

fn connector(endpoint: Option<&str>) -> SharedHttpConnector {
    let builder = Connector::builder().connector_settings(settings()).sleep_impl(TokioSleep::new());
    match endpoint {
        Some(plain) if plain.starts_with("http://") => SharedHttpConnector::new(builder.build_http()),
        _ => SharedHttpConnector::new(tls(builder)),
    }
}

/// Returns one of the buckets that the function's environment names.
pub(crate) fn function_bucket(config: &Config, name: Option<&str>, clock: &Arc<dyn Clock>) -> Option<Bucket> {
    let Config { region, access_key_id, secret_access_key, session_token, .. } = config;
    let settings = BucketSettings {
        name: name?.to_owned(),
        region: region.clone(),
        endpoint: config.bucket_endpoint.clone(),
        credentials: Credentials::new(access_key_id, secret_access_key, session_token.clone(), None, "environment"),
    };
    let connector = connector(settings.endpoint.as_deref());
    Some(Bucket::new(settings, connector, Arc::clone(clock)))
}

/// Returns a bucket in AWS, with credentials and region from the usual AWS environment and files.
///
/// # Errors
/// If no credentials or no region are configured.
pub async fn deployed_bucket(name: &str, clock: Arc<dyn Clock>) -> Result<Bucket, crate::Error> {
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(crate::client::https()).load().await;
    let region = config.region().ok_or("no AWS region: set AWS_REGION")?.to_string();
    let provider = config
        .credentials_provider()
        .ok_or("no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")?;
    let credentials = provider.provide_credentials().await?;
    let settings = BucketSettings { name: name.to_owned(), region, endpoint: None, credentials };
    Ok(Bucket::new(settings, connector(None), clock))
}

/// Returns a bucket on a local S3 server. Uses no TLS, and fixed credentials with a session token like a function's.
#[must_use]
pub fn local_bucket(endpoint: &str, name: &str, clock: Arc<dyn Clock>) -> Bucket {
    let settings = BucketSettings {
        name: name.to_owned(),
        region: "local".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        credentials: Credentials::new("local", "local", Some("local".to_owned()), None, "local"),
    };
    Bucket::new(settings, connector(Some(endpoint)), clock)
}
