//! Runs programs that use the SDKs of the dialects' services against a served world.
//!
//! The programs are in `tests/dialects/`. Each gets the environment variables `BASE_URL` and `API_KEY`, and prints `ok` at its end.

use std::{
    env,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use deskless_tests::World;
use tokio::{net::TcpListener, process::Command};

/// Returns the value of a variable that names a tool.
fn tool(name: &str) -> Option<String> {
    let found = env::var(name).ok();
    if found.is_none() {
        println!("{name} is not set: `make test` installs the tool.");
        let is_ci = env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!is_ci, "CI must not skip tests");
    }
    found
}

/// Returns a folder with the programs of a dialect, in which Node finds the SDKs.
fn folder(dialect: &str, modules: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dialects").join(dialect);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).expect("a link");
    std::fs::write(folder.join("package.json"), r#"{ "type": "module" }"#).expect("a file");
    folder
}

/// Serves a world's API on a port, and runs a program with the base URL of a dialect.
async fn run(world: &World, dialect: &str, program: &mut Command) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = world.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    let output = program
        .env("BASE_URL", format!("http://{address}/dialects/{dialect}"))
        .env("OUR_URL", format!("http://{address}"))
        .env("API_KEY", world.key().secret.reveal())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .await
        .expect("the program runs");
    server.abort();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim().ends_with("ok"), "{program:?}:\n{out}\n{err}");
}

/// Runs a program in JavaScript, `tests/dialects/{dialect}/{file}`.
pub async fn node(world: &World, dialect: &str, file: &str) {
    let (Some(node), Some(modules)) = (tool("DESKLESS_NODE"), tool("DESKLESS_DIALECT_MODULES")) else { return };
    let folder = folder(&format!("{dialect}-{file}"), &modules);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialects").join(dialect).join(file);
    let copy = folder.join(file);
    let _ = std::fs::copy(source, &copy).expect("the program is copied");
    run(world, dialect, Command::new(node).arg(copy).current_dir(&folder)).await;
}

/// Runs a program in Python, `tests/dialects/{dialect}/{file}`.
pub async fn python(world: &World, dialect: &str, file: &str) {
    let Some(python) = tool("DESKLESS_DIALECT_PYTHON") else { return };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialects").join(dialect).join(file);
    run(world, dialect, Command::new(python).arg(source)).await;
}
