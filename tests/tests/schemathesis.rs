//! Runs schemathesis against the OpenAPI document: every operation, all checks, thousands of generated requests. Fails unless
//! every operation succeeds at least once.
//!
//! `DESKLESS_SCHEMATHESIS` names the program, which `make test` installs. Without it, this prints that it is skipped
//! and passes. With `CI=true` it fails. `DESKLESS_EXAMPLES` sets the number of requests per operation and phase.

use std::{
    collections::BTreeMap,
    env,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{Next, from_fn},
    response::Response,
};
use deskless_tests::{Specification, World};
use serde_json::json;
use tokio::{net::TcpListener, process::Command};

/// About 3,000 requests in total. `make fuzz` makes more than 20,000.
const EXAMPLES: &str = "20";

/// The number of responses by operation and status.
type Answers = Arc<Mutex<BTreeMap<(String, String), BTreeMap<u16, usize>>>>;

/// Counts the responses of a router.
fn counted(router: Router, answers: &Answers) -> Router {
    let answers = answers.clone();
    router.layer(from_fn(move |request: Request, next: Next| {
        let answers = answers.clone();
        async move {
            // The requests with which the hooks create resources do not count.
            let is_setup = request.headers().contains_key("x-setup");
            let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
            let method = request.method().as_str().to_lowercase();
            let response: Response = next.run(request).await;
            if let Some(route) = route.filter(|_| !is_setup) {
                let mut answers = answers.lock().expect("no panic");
                *answers.entry((route, method)).or_default().entry(response.status().as_u16()).or_default() += 1;
            }
            response
        }
    }))
}

/// Prints the shares of the statuses, and returns the operations that never succeeded.
fn report(answers: &Answers) -> Vec<String> {
    let answers = answers.lock().expect("no panic");
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for (status, count) in answers.values().flatten() {
        *statuses.entry(*status).or_default() += count;
    }
    let total: usize = statuses.values().sum();
    let of = |wanted: &dyn Fn(u16) -> bool| statuses.iter().filter(|(s, _)| wanted(**s)).map(|(_, n)| n).sum::<usize>();
    let share = |count: usize| format!("{}.{} %", count * 100 / total.max(1), count * 1000 / total.max(1) % 10);
    println!(
        "{total} responses: 2xx {}, 400 {}, 401 {}, others {}",
        share(of(&|s| (200..300).contains(&s))),
        share(of(&|s| s == 400)),
        share(of(&|s| s == 401)),
        share(of(&|s| !(200..300).contains(&s) && s != 400 && s != 401)),
    );
    println!("{statuses:?}");
    let operations = Specification::committed().operations().into_iter();
    let failed = operations.filter(|(path, method)| {
        let seen = answers.get(&(path.clone(), method.as_str().to_lowercase()));
        !seen.is_some_and(|seen| seen.keys().any(|status| (200..300).contains(status)))
    });
    failed.map(|(path, method)| format!("{method} {path}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_succeeds_and_matches_the_description() {
    let Ok(program) = env::var("DESKLESS_SCHEMATHESIS") else {
        println!("schemathesis does not run here: `make test` installs it.");
        assert!(!env::var("CI").is_ok_and(|ci| ci == "true"), "CI must not skip tests");
        return;
    };
    let world = World::new().await;
    let file = world.server_key().upload(&json!(null), "a.txt", "hello").await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answers = Answers::default();
    let router = counted(world.router(), &answers);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis");
    let output = Command::new(program)
        .args(["--config-file", "schemathesis.toml", "run", "../../infra/openapi.json", "--url", &url])
        .args(["--header", &format!("Authorization: Bearer {}", world.key().secret.reveal())])
        .args(["--checks", "all", "--seed", "1", "--no-color", "--workers", "1", "--suppress-health-check", "all"])
        .args(["--max-examples", &env::var("DESKLESS_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned())])
        .current_dir(folder)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("DESKLESS_URL", &url)
        .env("DESKLESS_API_KEY", world.key().secret.reveal())
        .env("DESKLESS_KEY_ID", world.key().key.id.to_string())
        .env("DESKLESS_FILE_ID", file["id"].as_str().expect("an id"))
        .env("NO_PROXY", "127.0.0.1")
        .env("PYTHONPATH", folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .await
        .expect("schemathesis runs");
    server.abort();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    let failed = report(&answers);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(failed.is_empty(), "never succeeded: {}", failed.join(", "));
    world.assert_sound().await;
}
