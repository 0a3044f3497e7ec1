//! Which API a command talks to, and with which key.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::StatusCode;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::local::Folder;

/// Options of every command that talks to the API.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Where the API is. Without it: the local stack, which must be running.
    #[arg(long, env = "DESKLESS_URL", global = true)]
    url: Option<String>,
    /// A server key. Without it: the local stack's.
    #[arg(long, env = "DESKLESS_API_KEY", hide_env_values = true, global = true)]
    key: Option<String>,
    #[command(flatten)]
    folder: Folder,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Options {
    /// The API that is meant.
    pub fn api(&self) -> Result<Api> {
        let env = self.folder.env();
        let known = |given: &Option<String>, name: &str| given.clone().or_else(|| env.get(name).map(str::to_owned));
        let Some(url) = known(&self.url, "DESKLESS_URL") else {
            bail!("there is no local stack here: start one with `make dev`, or say with --url where the API is");
        };
        let Some(key) = known(&self.key, "DESKLESS_API_KEY") else {
            bail!("there is no API key: give one with --key, or set DESKLESS_API_KEY");
        };
        let url = url.trim_end_matches('/').to_owned();
        let local = ["http://127.0.0.1", "http://localhost"].iter().any(|here| url.starts_with(here));
        let client = Client::builder().connect_timeout(CONNECT_TIMEOUT);
        let client = if local { client.no_proxy() } else { client }.build()?;
        Ok(Api { client, url, key })
    }
}

/// Whoever does not take a connection by then is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// An API, and a key to it.
pub struct Api {
    client: Client,
    url: String,
    key: String,
}

impl Api {
    /// Reads what is at this path under `/api/v1`.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.client.get(self.address(path))).await
    }

    /// Posts this to a path under `/api/v1`.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.client.post(self.address(path)).json(body)).await
    }

    /// What also reaches the bucket beside this API.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn address(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.url)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value> {
        let answer = request.bearer_auth(&self.key).send().await;
        let answer = answer.with_context(|| {
            format!(
                "{} does not answer: start the local stack with `make dev`, or say with --url where the API is",
                self.url
            )
        })?;
        read(answer).await
    }
}

/// The body of an answer, or its problem as a sentence.
async fn read(answer: Response) -> Result<Value> {
    let status = answer.status();
    let body: Value =
        answer.json().await.with_context(|| format!("the answer ({status}) is no JSON: is this the API?"))?;
    match body["error"].as_str() {
        _ if status.is_success() => Ok(body),
        Some(error) if status == StatusCode::NOT_FOUND => bail!("{error}"),
        Some(error) => bail!("{error} ({status})"),
        None => bail!("the API answers {status}"),
    }
}
