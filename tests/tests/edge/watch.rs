use std::{collections::HashMap, fs::File, path::PathBuf, process::Stdio, time::Duration};

use deskless_infra::routes;
use deskless_tests::{TestDataKeys, TestResponse, World};
use http::Method;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::processes::{Binaries, Folder, ROOT, cargo_lambda, free_ports, listening};

/// The queue of requests without a route, like the template's `$default`.
const DEFAULT: &str = "";

/// The functions' binaries under `cargo lambda watch`, over a world's table.
///
/// cargo-lambda provides the routes, the events and the runtime API. The binaries are started here with
/// `--only-lambda-apis`, like `deskless dev` does, so that a test can kill a process and does not wait for another
/// cargo.
pub struct Watch {
    pub world: World,
    url: String,
    client: Client,
    binaries: &'static Binaries,
    functions: HashMap<&'static str, Child>,
    log: PathBuf,
    key_file: PathBuf,
    _emulator: Child,
    _folder: Folder,
}

impl Watch {
    /// Returns `None` if cargo-lambda is not installed.
    pub async fn start(name: &str) -> Option<Self> {
        let (program, binaries) = cargo_lambda().await?;
        let world = World::new().await;
        let folder = Folder::new(name);
        let log = folder.path().join("log");
        let key_file = folder.path().join("secrets.key");
        std::fs::write(&key_file, TestDataKeys::key_file()).expect("a key file");
        let (port, _) = free_ports();
        let emulator = Command::new(program)
            .args(["lambda", "watch", "--only-lambda-apis", "--disable-cors"])
            .args(["--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()])
            .current_dir(ROOT)
            .stdin(Stdio::null())
            .stdout(File::create(&log).expect("a log"))
            .stderr(File::create(folder.path().join("errors")).expect("a log"))
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .expect("cargo-lambda starts");
        listening(port).await;
        let client = Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().expect("a client");
        let url = format!("http://127.0.0.1:{port}");
        let functions = HashMap::new();
        let mut watch =
            Self { world, url, client, binaries, functions, log, key_file, _emulator: emulator, _folder: folder };
        for function in routes::functions() {
            watch.start_function(function.name);
        }
        watch.start_process("discovery", DEFAULT);
        Some(watch)
    }

    /// Replaces the process of a function with a new one.
    pub fn start_function(&mut self, name: &'static str) {
        self.start_process(name, name);
    }

    fn start_process(&mut self, name: &str, queue: &'static str) {
        let child = Command::new(&self.binaries[name])
            .env("AWS_LAMBDA_RUNTIME_API", format!("{}/.rt/{queue}", self.url))
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("TABLE_NAME", self.world.table_name())
            .env("AWS_ENDPOINT_URL_DYNAMODB", self.world.engine_url())
            .env("SECRETS_KEY_FILE", &self.key_file)
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_REGION", "local")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .stdin(Stdio::null())
            .stdout(File::options().append(true).open(&self.log).expect("the log"))
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .expect("the function starts");
        self.functions.insert(queue, child);
    }

    /// Kills a function with SIGKILL.
    pub async fn kill_function(&mut self, name: &str) {
        self.functions.get_mut(name).expect("a function").kill().await.expect("it can be killed");
    }

    /// Prepares a request with the server key.
    pub fn ask(&self, method: Method, path: &str) -> PreparedRequest {
        let request = self.client.request(method, format!("{}{path}", self.url));
        PreparedRequest(request.bearer_auth(self.world.key().secret.reveal()))
    }

    pub async fn get(&self, path: &str) -> TestResponse {
        self.ask(Method::GET, path).send().await
    }

    pub async fn post(&self, path: &str, body: &Value) -> TestResponse {
        self.ask(Method::POST, path).json(body).send().await
    }
}

/// A request that has not been sent yet.
#[must_use = "nothing is sent before `send`"]
pub struct PreparedRequest(RequestBuilder);

impl PreparedRequest {
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub fn body(self, content_type: &str, body: Vec<u8>) -> Self {
        Self(self.0.header("content-type", content_type).body(body))
    }

    pub fn patience(self, patience: Duration) -> Self {
        Self(self.0.timeout(patience))
    }

    pub async fn send(self) -> TestResponse {
        self.try_send().await.expect("an answer")
    }

    /// Sends the request. Returns `None` if there is no response in time.
    pub async fn try_send(self) -> Option<TestResponse> {
        let response = self.0.send().await.ok()?;
        let (status, headers) = (response.status(), response.headers().clone());
        Some(TestResponse { status, headers, bytes: response.bytes().await.ok()? })
    }
}
