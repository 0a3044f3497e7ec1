//! Runs the examples of the README.

use std::{net::Ipv4Addr, path::Path, process::Stdio, sync::Arc, time::Duration};

use deskless_tests::World;
use tokio::{io::AsyncWriteExt, net::TcpListener, process::Command, time::sleep};

const README: &str = include_str!("../../../README.md");

/// Returns the shell blocks of the tour, in order.
fn tour() -> Vec<&'static str> {
    let tour = README.split("\n## ").find(|section| section.starts_with("A tour")).expect("README has a tour");
    tour.split("```sh\n").skip(1).map(|block| &block[..block.find("```").expect("a closing fence")]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_tour_runs_as_printed() {
    let world = Arc::new(World::new().await);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = world.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    // Delivers stream records like the local stack.
    let pumped = Arc::clone(&world);
    let pump = tokio::spawn(async move {
        loop {
            let _ = pumped.drain_events().await;
            sleep(Duration::from_millis(100)).await;
        }
    });
    let blocks = tour();
    assert!(blocks.len() >= 5, "the tour has {} examples", blocks.len());
    // A failing example ends the script, except for the ones that print an error's status. The block that loads
    // `dev.env` is skipped, because its variables are set here.
    let mut script = String::from(
        "set -euo pipefail\ncurl() { case \"$*\" in *http_code*) command curl \"$@\";; *) command curl -f \"$@\";; esac; }\n",
    );
    for block in blocks.iter().filter(|block| !block.contains("dev.env")) {
        script.push_str(block);
    }
    let mut shell = Command::new("bash")
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
        .expect("bash is installed");
    let mut input = shell.stdin.take().expect("a pipe");
    input.write_all(script.as_bytes()).await.expect("the script is read");
    drop(input);
    let output = shell.wait_with_output().await.expect("bash ends");
    server.abort();
    pump.abort();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{out}\n{err}");
    assert!(out.ends_with("404\n404\n"), "the last two requests are 404: {out}");
    world.assert_sound().await;
}
