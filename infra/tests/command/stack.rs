//! A local stack of its own for each test.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

/// A folder with a running `deskless serve`. Dropping it stops the command.
pub struct Stack {
    pub folder: PathBuf,
    ports: [u16; 3],
    serve: Child,
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

impl Stack {
    pub fn start(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let ports = [free_port(), free_port(), free_port()];
        let serve = serve(&folder, ports);
        Self { folder, ports, serve }
    }

    /// Kills the command as a crash would.
    pub fn kill(&mut self) {
        let _ = self.serve.kill();
        let _ = self.serve.wait();
    }

    /// Starts the command again after [`Self::kill`], with the same ports and data.
    pub fn start_again(&mut self) {
        self.serve = serve(&self.folder, self.ports);
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        run(&self.folder, arguments)
    }

    /// Runs a command that must succeed, and returns the JSON that it prints.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Runs a command that must fail, and returns its error output.
    pub fn failure(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Returns the settings in `dev.env`.
    pub fn env(&self) -> HashMap<String, String> {
        let env = std::fs::read_to_string(self.folder.join(".local/dev.env")).expect("dev.env");
        let pairs = env.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Sends a POST to the API with the server key, and returns the response.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let env = self.env();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request =
            client.post(format!("{}/api/v1/{path}", env["DESKLESS_URL"])).bearer_auth(&env["DESKLESS_API_KEY"]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { request.json(body).send().await.expect("an answer").json().await.expect("JSON") })
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts `deskless serve`, and waits until it is ready.
fn serve(folder: &Path, [port, dynamodb_port, s3_port]: [u16; 3]) -> Child {
    let mut serve = Command::new(env!("CARGO_BIN_EXE_deskless"))
        .arg("serve")
        .current_dir(folder)
        .env("PORT", port.to_string())
        .env("DYNAMODB_PORT", dynamodb_port.to_string())
        .env("S3_PORT", s3_port.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("deskless serve starts");
    let mut lines = BufReader::new(serve.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let ready = lines.any(|line| line.contains("is ready"));
    // Keep reading, or the command blocks on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    assert!(ready, "deskless serve exited before it was ready");
    serve
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deskless")).args(arguments).current_dir(folder).output().expect("deskless runs")
}
