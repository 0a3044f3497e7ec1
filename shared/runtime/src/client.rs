//! DynamoDB clients. All timeouts and retries are explicit.

use std::{sync::OnceLock, time::Duration};

use aws_config::{
    BehaviorVersion, Region, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, SharedHttpClient},
};
use aws_smithy_http_client::{
    Builder, Connector, ConnectorBuilder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};

use crate::config::Config;

/// The root certificates of Amazon's endpoints (<https://www.amazontrust.com/repository/>). Loading the system's 140
/// certificates would take most of a cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("../certs/amazon-root-ca.pem");

/// DynamoDB responds in milliseconds, so the first retry waits 25 ms instead of the SDK's default of one second.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(4)
        .with_initial_backoff(Duration::from_millis(25))
        .with_max_backoff(Duration::from_millis(500))
}

/// Timeouts below the functions' 15 s.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(6))
        .build()
}

/// Returns a TLS context that trusts only Amazon's root certificates.
fn context() -> TlsContext {
    let context =
        TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)).build();
    // Fails only if the certificates cannot be parsed. The system's roots are used then.
    context.unwrap_or_default()
}

/// Builds a connector with that TLS context.
pub(crate) fn tls(builder: ConnectorBuilder) -> Connector {
    builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context()).build()
}

/// Returns an HTTPS client with one connector for all requests. The SDK's default would build two TLS contexts and
/// discard the first, although all timeouts of a client are equal.
pub(crate) fn https() -> SharedHttpClient {
    let connector = OnceLock::new();
    http_client_fn(move |settings, components| {
        let connect = || {
            let mut builder = Connector::builder().connector_settings(settings.clone());
            builder.set_sleep_impl(components.sleep_impl());
            SharedHttpConnector::new(tls(builder))
        };
        connector.get_or_init(connect).clone()
    })
}

/// Returns a client for a function, configured only from the variables that Lambda sets. Looking for profiles, single
/// sign-on and the metadata service would take a third of a cold start and a tenth of the binary.
pub(crate) fn function_client(config: &Config) -> Client {
    let Config { region, access_key_id, secret_access_key, session_token, endpoint, .. } = config;
    let credentials = Credentials::new(access_key_id, secret_access_key, session_token.clone(), None, "environment");
    let mut builder = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(https())
        .credentials_provider(credentials)
        .region(Region::new(region.clone()))
        .retry_config(retries())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    builder.set_endpoint_url(endpoint.clone());
    Client::from_conf(builder.build())
}

/// Returns a client for a table in AWS, with credentials, region and endpoints from the usual AWS environment and
/// files.
pub async fn deployed_client() -> Client {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https())
        .retry_config(retries())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await;
    Client::new(&config)
}

/// Returns a client for a local engine, without TLS and with fixed credentials.
#[must_use]
pub fn local_client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(Builder::new().build_http())
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .region(Region::new("local"))
        .endpoint_url(endpoint)
        .retry_config(retries())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_conf(config)
}
