//! Runs the examples of the README and of the guides as they are printed.

use std::{
    net::Ipv4Addr,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use deskless_tests::World;
use tokio::{io::AsyncWriteExt, net::TcpListener, process::Command, time::sleep};

const README: &str = include_str!("../../../README.md");

/// A failing example ends the script, except for those that print an error's status.
const PRELUDE: &str = "set -euo pipefail
curl() { case \"$*\" in *http_code*) command curl \"$@\";; *) command curl -f \"$@\";; esac; }
";

/// Returns the examples of a text in order. The block that loads `dev.env` is left out, because its variables are set
/// here.
fn examples(text: &str) -> Vec<&str> {
    let blocks = text.split("```sh\n").skip(1).map(|block| &block[..block.find("```").expect("a closing fence")]);
    blocks.filter(|block| !block.contains("dev.env")).collect()
}

/// Returns the texts of all guides.
fn guides() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let files = [folder.clone(), folder.join("dialects")]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten());
    let paths =
        files.map(|file| file.expect("a guide").path()).filter(|path| path.extension().is_some_and(|end| end == "md"));
    paths.map(|path| std::fs::read_to_string(path).expect("a guide is text")).collect()
}

/// Returns whether a shell is installed.
fn is_installed(shell: &str) -> bool {
    std::process::Command::new(shell).args(["-c", ":"]).status().is_ok_and(|status| status.success())
}

/// Runs examples against a stack of their own, as one script, and returns what they print.
async fn run(shell: &str, examples: &[&str]) -> String {
    let world = World::new().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = world.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    let script = [PRELUDE, &examples.concat()].concat();
    let mut command = Command::new(shell);
    // Cargo's variables for this test would make `cargo deskless` build some crates again.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    let mut shell = command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env("DESKLESS_URL", &url)
        .env("DESKLESS_API_KEY", world.key().secret.reveal())
        .env("DESKLESS_CLIENT_KEY", world.client().secret.reveal())
        .env("DESKLESS_CUSTOMER_TOKEN", world.token(&world.rotate_identity().await, "cus_123"))
        .env("DESKLESS_OTHER_API_KEY", world.other_key().secret.reveal())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the shell is installed");
    let mut input = shell.stdin.take().expect("a pipe");
    input.write_all(script.as_bytes()).await.expect("the script is read");
    drop(input);
    // Delivers stream records like the local stack, until the script ends. A delivery is never cut off.
    let has_ended = AtomicBool::new(false);
    let deliveries = async {
        while !has_ended.load(Ordering::SeqCst) {
            let _ = world.drain_events().await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    let script_end = async {
        let output = shell.wait_with_output().await.expect("the shell ends");
        has_ended.store(true, Ordering::SeqCst);
        output
    };
    let (output, ()) = tokio::join!(script_end, deliveries);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{out}\n{err}");
    server.abort();
    let _ = world.drain_events().await;
    world.assert_settled().await;
    out.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_tour_runs_as_printed() {
    let tour = README.split("\n## ").find(|section| section.starts_with("A tour")).expect("README has a tour");
    let examples = examples(tour);
    assert!(examples.len() >= 5, "the tour has {} examples", examples.len());
    for shell in ["bash", "zsh"].into_iter().filter(|shell| *shell == "bash" || is_installed(shell)) {
        let out = run(shell, &examples).await;
        assert!(out.ends_with("404\n404\n"), "{shell}: the last two requests are 404: {out}");
    }
}

/// An interactive zsh takes a comment for a command, and interactive shells replace an exclamation mark in double quotes.
#[test]
fn examples_can_be_pasted_into_interactive_shells() {
    let mut texts = guides();
    texts.push(README.to_owned());
    let blocks = texts
        .iter()
        .flat_map(|text| text.split("\n```").filter(|block| block.starts_with("sh\n") || block.starts_with("bash\n")));
    let lines = blocks.flat_map(|block| block.lines().skip(1));
    let mut count = 0;
    for line in lines {
        assert!(!line.trim_start().starts_with('#') && !line.contains(" # "), "a comment: {line}");
        // A word in single quotes, such as a JSON document of several lines, can have one.
        let is_double_quoted =
            line.split('"').nth(1).is_some_and(|_| line.starts_with("curl") || line.contains("\\\""));
        assert!(!(is_double_quoted && line.contains('!')), "an exclamation mark: {line}");
        count += 1;
    }
    assert!(count > 100, "{count} lines");
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_guides_run_as_printed() {
    let mut count = 0;
    for text in guides() {
        let examples = examples(&text);
        if !examples.is_empty() {
            let _ = run("bash", &examples).await;
            count += 1;
        }
    }
    assert!(count >= 10, "{count} guides have examples");
}
