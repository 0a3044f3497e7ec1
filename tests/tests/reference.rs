//! Runs the `api` tests on Amazon's DynamoDB Local, the reference for the embedded engine.
//!
//! `DESKLESS_DYNAMODB_LOCAL` names the folder with its jars, which `make test` installs. Without it, this prints that
//! it is skipped and passes. With `CI=true` it fails.

use std::{
    env,
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

fn main() -> ExitCode {
    // `cargo test` passes filters and `--list` to every binary. Those are handled by the `api` binary itself.
    if env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let Ok(jars) = env::var("DESKLESS_DYNAMODB_LOCAL") else {
        println!("Skipping the api tests on DynamoDB Local: `make test` installs it if Java 17 and Maven are there.");
        return if env::var("CI").is_ok_and(|ci| ci == "true") { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    };
    let engine = Engine::start(&jars);
    println!("Running the api tests on Amazon's DynamoDB Local:");
    // The same workspace and features as the current run, so that nothing is recompiled.
    let suite = deskless_infra::cargo::command(env!("CARGO"))
        .args(["test", "--workspace", "--locked", "--test", "api", "--"])
        .args(env::args().skip(1))
        .env("DESKLESS_ENGINE", &engine.url)
        .status()
        .expect("cargo runs");
    if suite.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Engine {
    url: String,
    process: Child,
}

impl Engine {
    fn start(jars: &str) -> Self {
        // The port is free now. If another process takes it first, this fails and reports it.
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("an address").port();
        let mut process = Command::new("java")
            .arg(format!("-Djava.library.path={jars}"))
            .args(["-cp", &format!("{jars}/*"), "software.amazon.dynamodb.services.local.main.ServerRunner"])
            .args(["-inMemory", "-sharedDb", "-disableTelemetry", "-port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("java runs");
        let patience = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = process.try_wait().expect("the status of java");
            assert!(ended.is_none(), "DynamoDB Local exited at startup: {ended:?}");
            assert!(Instant::now() < patience, "DynamoDB Local does not listen on port {port}");
            std::thread::sleep(Duration::from_millis(100));
        }
        Self { url: format!("http://127.0.0.1:{port}"), process }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
