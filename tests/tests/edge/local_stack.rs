//! `deskless dev` and `deskless serve`, which `make dev` and `make serve` run.

use std::{
    collections::HashMap,
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Stdio,
    time::Duration,
};

use deskless_tests::{Upload, download};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{Instant, sleep, timeout},
};

use crate::processes::{Folder, ROOT, STARTUP_TIMEOUT, binaries, free_ports, read_env};

/// A running local stack.
pub struct Stack {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The example command that it prints.
    curl: String,
}

impl Stack {
    /// Starts the command and waits until it prints the example.
    pub async fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("deskless starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let curl = async {
            while let Some(line) = lines.next_line().await.expect("text") {
                if line.starts_with("curl ") {
                    return line;
                }
            }
            panic!("deskless exited before it was ready");
        };
        let curl = timeout(STARTUP_TIMEOUT, curl).await.expect("ready in time");
        Self { child, lines, curl }
    }

    /// Sends a signal and waits until the command exits.
    pub async fn stop(mut self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).expect("it runs");
        kill(Pid::from_raw(id), signal).expect("the signal is sent");
        let status = timeout(Duration::from_secs(30), self.child.wait()).await.expect("it stops").expect("a status");
        assert!(status.success(), "{signal}: {status}");
        while let Ok(Some(_)) = self.lines.next_line().await {}
    }
}

/// Returns a `deskless` command with this folder and port.
pub async fn deskless(command: &str, folder: &Folder, port: u16) -> Command {
    let mut deskless = Command::new(&binaries().await["deskless"]);
    deskless.arg(command).current_dir(ROOT).stdin(Stdio::null());
    deskless
        .env("PORT", port.to_string())
        .env_remove("DYNAMODB_PORT")
        .env_remove("S3_PORT")
        .env("DESKLESS_FOLDER", folder.path());
    deskless
}

/// Returns `deskless dev`. Reloading is off, so that edits during the test have no effect.
pub async fn dev(folder: &Folder, port: u16) -> Command {
    let mut dev = deskless("dev", folder, port).await;
    dev.arg("--no-reload");
    dev
}

/// Splits a command line like a shell. Single quotes are the only quoting that the example uses.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(c),
        }
    }
    words
}

/// Sends the request of the curl command, also on machines without curl.
async fn send_example(curl: &str) -> Value {
    let words = words(curl);
    let [_, _, url, rest @ ..] = words.as_slice() else { panic!("{curl}") };
    let mut request = client().post(url);
    for pair in rest.chunks(2) {
        request = match pair[0].as_str() {
            "-H" => pair[1].split_once(": ").map(|(name, value)| request.header(name, value)).expect("a header"),
            "-d" => request.body(pair[1].clone()),
            other => panic!("{other} in {curl}"),
        };
    }
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    answer.json().await.expect("JSON")
}

async fn list(env: &Path) -> Value {
    let env = read_env(env);
    let url = format!("{}/api/v1/conversations", env["DESKLESS_URL"]);
    let ask = || client().get(&url).bearer_auth(&env["DESKLESS_API_KEY"]).timeout(Duration::from_secs(5)).send();
    for _ in 0..20 {
        // A request that a process takes just before it is killed gets a 500. A read is safe to retry.
        if let Ok(answer) = ask().await
            && answer.status().is_success()
        {
            return answer.json().await.expect("JSON");
        }
    }
    panic!("{url} does not respond");
}

/// Uploads a file to a conversation and returns it.
async fn upload(env: &Path, conversation: &Value) -> Value {
    let env = read_env(env);
    let post = async |path: &str, body: Value| {
        let request = client().post(format!("{}/api/v1/{path}", env["DESKLESS_URL"]));
        let answer = request.bearer_auth(&env["DESKLESS_API_KEY"]).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.expect("text"));
        answer.json::<Value>().await.expect("JSON")
    };
    let size = json!({ "fileName": "a.txt", "contentType": "text/plain", "size": 5, "conversationId": conversation });
    let signed = post("files/sign", size).await;
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    post("files", json!({ "fileId": signed["file"]["id"] })).await["file"].take()
}

/// Downloads the file, deletes its conversation and waits until the worker has removed the object.
async fn download_and_delete(env: &Path, folder: &Folder, file: &Value) {
    let env = read_env(env);
    let ask = |method: Method, path: String| {
        client().request(method, format!("{}/api/v1/{path}", env["DESKLESS_URL"])).bearer_auth(&env["DESKLESS_API_KEY"])
    };
    let id = |name: &str| file[name].as_str().expect("an id").to_owned();
    let got = ask(Method::GET, format!("files/{}", id("id"))).send().await.expect("an answer");
    let got: Value = got.json().await.expect("JSON");
    let (status, _, bytes) = download(got["file"]["downloadUrl"].as_str().expect("an address")).await;
    assert_eq!((status, bytes.as_slice()), (200, b"hello".as_slice()));
    let object = folder.path().join(format!("s3/deskless-files/files/{}/{}", env["DESKLESS_WORKSPACE"], id("id")));
    assert!(object.is_file(), "{}", object.display());
    let gone = ask(Method::DELETE, format!("conversations/{}", id("conversationId"))).send().await.expect("an answer");
    assert_eq!(gone.status(), 204);
    let end = Instant::now() + STARTUP_TIMEOUT;
    while object.exists() {
        assert!(Instant::now() < end, "{} stays", object.display());
        sleep(Duration::from_millis(20)).await;
    }
}

fn client() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().expect("a client")
}

/// Returns the processes with this folder in their environment: the stack and everything it started. Linux only.
fn processes_with(folder: &Folder) -> Vec<(Pid, String)> {
    let wanted = format!("DESKLESS_FOLDER={}", folder.path().display());
    let has_it = |environment: &[u8]| environment.split(|byte| *byte == 0).any(|one| one == wanted.as_bytes());
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    all.flatten()
        .filter(|process| fs::read(process.path().join("environ")).is_ok_and(|environment| has_it(&environment)))
        .filter_map(|process| {
            let id = process.file_name().to_str()?.parse().ok()?;
            Some((Pid::from_raw(id), fs::read_to_string(process.path().join("cmdline")).ok()?))
        })
        .collect()
}

/// Returns the settings that a restart keeps. Each start signs a new customer token.
fn persistent_settings(env: &Path) -> HashMap<String, String> {
    let mut settings = read_env(env);
    assert!(settings.remove("DESKLESS_CUSTOMER_TOKEN").is_some(), "dev.env has a customer token");
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_keeps_data_and_leaves_no_processes() {
    let (folder, (port, _)) = (Folder::new("dev"), free_ports());
    let command = dev(&folder, port).await;
    let env = folder.path().join("dev.env");

    let stack = Stack::start(command).await;
    let opened = send_example(&stack.curl).await;
    let file = upload(&env, &opened["conversation"]["id"]).await;
    assert_eq!(fs::metadata(&env).expect("dev.env").permissions().mode() & 0o777, 0o600);
    stack.stop(Signal::SIGINT).await;
    assert_eq!(processes_with(&folder), []);
    let before = persistent_settings(&env);

    let stack = Stack::start(dev(&folder, port).await).await;
    assert_eq!(persistent_settings(&env), before);
    assert_eq!(list(&env).await["conversations"][0]["id"], opened["conversation"]["id"]);
    download_and_delete(&env, &folder, &file).await;
    stack.stop(Signal::SIGTERM).await;
    assert_eq!(processes_with(&folder), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_restarts_killed_functions() {
    let (folder, (port, _)) = (Folder::new("killed"), free_ports());
    let command = dev(&folder, port).await;
    let env = folder.path().join("dev.env");

    let stack = Stack::start(command).await;
    let opened = send_example(&stack.curl).await;
    for (id, line) in processes_with(&folder) {
        if line.contains("conversations") {
            kill(id, Signal::SIGKILL).expect("the process is killed");
        }
    }
    assert_eq!(list(&env).await["conversations"][0]["id"], opened["conversation"]["id"]);
    stack.stop(Signal::SIGHUP).await;
    assert_eq!(processes_with(&folder), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_prints_working_example_and_keeps_data() {
    let (folder, (port, _)) = (Folder::new("serve"), free_ports());
    let env = folder.path().join("dev.env");
    let stack = Stack::start(deskless("serve", &folder, port).await).await;
    let opened = send_example(&stack.curl).await;
    let file = upload(&env, &opened["conversation"]["id"]).await;
    stack.stop(Signal::SIGTERM).await;
    let before = persistent_settings(&env);
    let stack = Stack::start(deskless("serve", &folder, port).await).await;
    assert_eq!(persistent_settings(&env), before);
    assert_eq!(list(&env).await["conversations"][0]["id"], opened["conversation"]["id"]);
    download_and_delete(&env, &folder, &file).await;
    stack.stop(Signal::SIGINT).await;
}

/// Returns the error output of a command that cannot start.
async fn failure(mut command: Command) -> String {
    let output = timeout(STARTUP_TIMEOUT, command.output()).await.expect("it ends").expect("deskless starts");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn startup_errors_name_the_fix() -> io::Result<()> {
    let (folder, (port, next)) = (Folder::new("failures"), free_ports());
    for (taken, variable) in [(port, "PORT"), (next, "DYNAMODB_PORT"), (next + 1, "S3_PORT")] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, taken))?;
        let sentence = format!(
            "deskless: port {taken} is already in use: stop the process using it, or set {variable} to another port\n"
        );
        for command in ["dev", "serve"] {
            assert_eq!(failure(deskless(command, &folder, port).await).await, sentence);
        }
        drop(listener);
    }

    let stack = Stack::start(deskless("serve", &folder, port).await).await;
    let elsewhere = deskless("serve", &folder, free_ports().0).await;
    assert_eq!(
        failure(elsewhere).await,
        format!("deskless: another local stack is using the data in {}: stop it first\n", folder.path().display()),
    );
    stack.stop(Signal::SIGTERM).await;
    Ok(())
}
