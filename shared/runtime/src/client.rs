//! DynamoDB clients. Everything that takes time is said explicitly.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, Region, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::{Client, config::Credentials};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};

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

/// A client for a table in AWS, with the usual environment: credentials, region, endpoints.
pub async fn deployed_client() -> Client {
    let context =
        TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)).build();
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let http = match context {
        Ok(context) => http.tls_context(context),
        // Only without the roots: then the system's own do.
        Err(_) => http,
    };
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.build_https())
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
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
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
