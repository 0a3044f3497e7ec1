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
    let tests = list();
    let has_filter = env::args().nth(1).is_some();
    assert!(has_filter || !tests.is_empty(), "the list of api tests is empty");
    let groups = tests.len().div_ceil(GROUP).max(1);
    println!("Running {} api tests on Amazon's DynamoDB Local:", tests.len());
    let mut failed = 0;
    for (index, group) in tests.chunks(GROUP).enumerate() {
        println!("Group {} of {groups}, on a fresh engine:", index + 1);
        let engine = Engine::start(&jars);
        let status = api().arg("--exact").args(group).env("DESKLESS_ENGINE", &engine.url).status().expect("cargo runs");
        failed += usize::from(!status.success());
    }
    println!("On Amazon's DynamoDB Local, {failed} of {groups} groups failed ({} tests).", tests.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The number of tests that share an engine.
///
/// Amazon's engine slows down with every table that it ever had, even after the table is deleted.
const GROUP: usize = 50;

/// The command that runs the `api` tests. The same workspace and features as the current run, so that nothing is recompiled.
fn api() -> Command {
    let mut command = deskless_infra::cargo::command(env!("CARGO"));
    command.args(["test", "--workspace", "--locked", "--test", "api", "--"]);
    command
}

/// The names of the `api` tests that match the arguments of this run.
fn list() -> Vec<String> {
    let output = api()
        .args(env::args().skip(1))
        .args(["--list", "--format", "terse"])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the api tests could not be listed");
    let text = String::from_utf8(output.stdout).expect("names of tests are UTF-8");
    text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
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
