//! Runs schemathesis against the OpenAPI document: every operation, all checks, thousands of generated requests.
//!
//! `DESKLESS_SCHEMATHESIS` names the program, which `make test` installs. Without it, this prints that it is skipped
//! and passes. With `CI=true` it fails. `DESKLESS_EXAMPLES` sets the number of requests per operation and phase.

use std::{env, net::Ipv4Addr};

use deskless_tests::World;
use serde_json::json;
use tokio::{net::TcpListener, process::Command};

/// About 9,000 requests in total. `DESKLESS_EXAMPLES=300` makes more than 20,000.
const EXAMPLES: &str = "100";

#[tokio::test(flavor = "multi_thread")]
async fn every_response_matches_the_description() {
    let Ok(program) = env::var("DESKLESS_SCHEMATHESIS") else {
        println!("schemathesis does not run here: `make test` installs it.");
        assert!(!env::var("CI").is_ok_and(|ci| ci == "true"), "CI must not skip tests");
        return;
    };
    let world = World::new().await;
    let file = world.server_key().upload(&json!(null), "a.txt", "hello").await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = world.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis");
    let output = Command::new(program)
        .args(["--config-file", "schemathesis.toml", "run", "../../infra/openapi.json", "--url", &url])
        .args(["--header", &format!("Authorization: Bearer {}", world.key().secret.reveal())])
        .args(["--checks", "all", "--seed", "1", "--no-color", "--workers", "1", "--suppress-health-check", "all"])
        .args(["--max-examples", &env::var("DESKLESS_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned())])
        .current_dir(folder)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("DESKLESS_KEY_ID", world.key().key.id.to_string())
        .env("DESKLESS_FILE_ID", file["id"].as_str().expect("an id"))
        .env("PYTHONPATH", folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .await
        .expect("schemathesis runs");
    server.abort();
    let out = String::from_utf8_lossy(&output.stdout);
    println!("{out}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world.assert_sound().await;
}
