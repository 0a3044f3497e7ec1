//! A client for the Deskless API, as the commands use it.

use std::time::Duration;

use anyhow::{Context, Error, Result, bail};
use http::StatusCode;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};
use serde_json::Value;

use crate::local::Folder;

/// Options of every command that calls the API.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// URL of the API. Defaults to the local stack, which must be running.
    #[arg(long, env = "DESKLESS_URL", global = true)]
    url: Option<String>,
    /// A server API key. Defaults to the local stack's.
    #[arg(long, env = "DESKLESS_API_KEY", hide_env_values = true, global = true)]
    key: Option<String>,
    #[command(flatten)]
    folder: Folder,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Options {
    /// Returns a client for the API that the options name.
    pub fn client(&self) -> Result<Api> {
        let env = self.folder.env();
        let configured =
            |option: &Option<String>, name: &str| option.clone().or_else(|| env.get(name).map(str::to_owned));
        let Some(url) = configured(&self.url, "DESKLESS_URL") else {
            bail!("no local stack found: start one with `make dev`, or pass --url");
        };
        let Some(key) = configured(&self.key, "DESKLESS_API_KEY") else {
            bail!("no API key: pass --key or set DESKLESS_API_KEY");
        };
        let url = url.trim_end_matches('/').to_owned();
        let local = ["http://127.0.0.1", "http://localhost"].iter().any(|host| url.starts_with(host));
        let client = Client::builder().connect_timeout(CONNECT_TIMEOUT);
        let client = if local { client.no_proxy() } else { with_system_roots(client) }.build()?;
        Ok(Api { http: client, url, key, is_local: local })
    }

    /// Returns the options that another run needs to reach the same API. The key is a secret and is left out.
    pub fn arguments(&self) -> Vec<String> {
        let url = self.url.iter().flat_map(|url| ["--url".to_owned(), url.clone()]);
        let json = self.json.then(|| "--json".to_owned());
        url.chain(self.folder.arguments()).chain(json).collect()
    }
}

/// Adds the system's root certificates. Ones that cannot be parsed are not trusted.
fn with_system_roots(client: ClientBuilder) -> ClientBuilder {
    let certificates = rustls_native_certs::load_native_certs().certs;
    let roots = certificates.iter().filter_map(|certificate| Certificate::from_der(certificate).ok());
    roots.fold(client, ClientBuilder::add_root_certificate)
}

/// A local or deployed API accepts a connection within this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client for one API with one key.
pub struct Api {
    http: Client,
    url: String,
    key: String,
    is_local: bool,
}

impl Api {
    /// Returns whether the API is on this machine.
    pub fn is_local(&self) -> bool {
        self.is_local
    }

    /// Sends a GET to this path under `/api/v1`, and returns any response that comes in time.
    pub async fn try_get(&self, path: &str, timeout: Duration) -> reqwest::Result<Response> {
        self.http.get(self.endpoint(path)).timeout(timeout).bearer_auth(&self.key).send().await
    }

    /// Returns the error for a request without a response.
    pub fn cannot_connect(&self, error: reqwest::Error) -> Error {
        let hint = "start the local stack with `make dev`, or pass --url";
        Error::new(error).context(format!("cannot connect to {}: {hint}", self.url))
    }

    /// Sends a GET to this path under `/api/v1`.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.http.get(self.endpoint(path))).await
    }

    /// Sends a POST with a JSON body to this path under `/api/v1`.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.http.post(self.endpoint(path)).json(body)).await
    }

    /// Returns the HTTP client, for requests to the bucket.
    pub fn http(&self) -> &Client {
        &self.http
    }

    fn endpoint(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.url)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value> {
        let response = request.bearer_auth(&self.key).send().await;
        read(response.map_err(|error| self.cannot_connect(error))?).await
    }
}

/// Returns the body of a successful response, or the problem's message as the error.
async fn read(response: Response) -> Result<Value> {
    let status = response.status();
    let body: Value = response
        .json()
        .await
        .with_context(|| format!("the response ({status}) is not JSON: check that --url is a Deskless API"))?;
    match body["error"].as_str() {
        _ if status.is_success() => Ok(body),
        Some(error) if status == StatusCode::NOT_FOUND => bail!("{error}"),
        Some(error) => bail!("{error} ({status})"),
        None => bail!("the API returned {status}"),
    }
}
