//! Generates clients from the OpenAPI document, compiles them, and uses each for one flow.
//!
//! `make test` installs the generators for Python and TypeScript, `make clients` also the one for Go. A client whose generator is
//! not installed is skipped with one line. With `CI=true`, only Go may be.

mod webhooks;

use std::{
    env,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use deskless_tests::World;
use tokio::{net::TcpListener, process::Command};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/openapi.json");

/// Returns the value of a variable that names a tool.
fn tool(name: &str) -> Option<String> {
    let found = env::var(name).ok();
    if found.is_none() {
        println!("{name} is not set: `make clients` installs the tool.");
        let is_ci = env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!is_ci || name.contains("GO") || name.contains("OAPI"), "CI must not skip tests");
    }
    found
}

fn source(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(language)
}

/// Returns an empty folder for a generated client.
fn folder(language: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(language);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn copy(from: &Path, to: &Path, files: &[&str]) {
    for file in files {
        let _ = std::fs::copy(from.join(file), to.join(file)).expect("the file is copied");
    }
}

/// Runs a command to its end, and asserts that it succeeds.
async fn run(command: &mut Command) -> String {
    let output = command.env("NO_PROXY", "127.0.0.1").output().await.expect("the program runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}:\n{out}\n{err}");
    out.into_owned()
}

/// Serves the API, and runs the flow of a client against it.
async fn run_flow(flow: &mut Command) {
    let world = World::new().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = world.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    let out = run(flow.env("DESKLESS_URL", url).env("DESKLESS_API_KEY", world.key().secret.reveal())).await;
    assert_eq!(out.trim(), "ok");
    server.abort();
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_client_works() {
    let Some(generator) = tool("DESKLESS_OPENAPI_PYTHON_CLIENT") else { return };
    let folder = folder("python");
    let bin = Path::new(&generator).parent().expect("a folder").to_owned();
    // The generator formats what it writes with ruff, which is beside it.
    let path =
        env::join_paths([bin.clone()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())));
    let generated = run(Command::new(&generator)
        .args(["generate", "--path", DOCUMENT, "--meta", "none", "--fail-on-warning", "--output-path"])
        .arg(folder.join("deskless_client"))
        .env("PATH", path.expect("a path")))
    .await;
    assert!(!generated.contains("Warning"), "{generated}");
    let mut flow = Command::new(bin.join("python3"));
    run_flow(flow.arg(source("python").join("flow.py")).env("PYTHONPATH", &folder)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_client_works() {
    let (Some(node), Some(modules)) = (tool("DESKLESS_NODE"), tool("DESKLESS_NODE_MODULES")) else { return };
    let folder = folder("typescript");
    copy(
        &source("typescript"),
        &folder,
        &["package.json", "tsconfig.json", "openapi-ts.config.mjs", "flow.ts", "node.d.ts"],
    );
    let modules = Path::new(&modules);
    let _ = run(Command::new(&node)
        .arg(modules.join("@hey-api/openapi-ts/bin/run.js"))
        .args(["-i", DOCUMENT])
        .env("NODE_PATH", modules)
        .current_dir(&folder))
    .await;
    let _ = run(Command::new(&node).arg(modules.join("typescript/bin/tsc")).current_dir(&folder)).await;
    run_flow(Command::new(&node).arg("dist/flow.js").current_dir(&folder)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go_client_works() {
    let (Some(go), Some(generator)) = (tool("DESKLESS_GO"), tool("DESKLESS_OAPI_CODEGEN")) else { return };
    let folder = folder("go");
    copy(&source("go"), &folder, &["go.mod", "go.sum", "main.go", "oapi-codegen.yaml"]);
    std::fs::create_dir_all(folder.join("deskless")).expect("a folder");
    let _ = run(Command::new(generator).args(["-config", "oapi-codegen.yaml", DOCUMENT]).current_dir(&folder)).await;
    let _ = run(Command::new(go)
        .args(["build", "-o", "flow", "."])
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-mod=readonly")
        .current_dir(&folder))
    .await;
    run_flow(&mut Command::new(folder.join("flow"))).await;
}
