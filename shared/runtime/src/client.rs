//! DynamoDB clients. Everything that takes time is said explicitly.

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

/// The roots that Amazon's own endpoints chain to (<https://www.amazontrust.com/repository/>): reading the system's
/// 140 certificates would take most of a cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("../certs/amazon-root-ca.pem");

/// DynamoDB answers in milliseconds: the SDK's usual first pause of a second would cost more than the failure.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(4)
        .with_initial_backoff(Duration::from_millis(25))
        .with_max_backoff(Duration::from_millis(500))
}

/// All below the functions' 15 s.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(6))
        .build()
}

/// What a connection's TLS trusts.
fn context() -> TlsContext {
    let context =
        TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)).build();
    // Only without the roots: then the system's own do.
    context.unwrap_or_default()
}

/// A connector with that.
pub(crate) fn tls(builder: ConnectorBuilder) -> Connector {
    builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context()).build()
}

/// HTTPS with those roots. All timeouts of a client are the same, so it needs one connector; the SDK's own builder would
/// make two, each with a TLS context of its own, and throw the first away.
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

/// A client for a function: what Lambda tells it, and nothing else. Where a function runs there are no profiles, no
/// single sign-on and no metadata service, and looking for them would be a third of its start and a tenth of its size.
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

/// A client for a table in AWS, for people: with the usual environment and files for credentials, region, endpoints.
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

/// A client for an engine on this machine: no TLS, made-up credentials.
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
