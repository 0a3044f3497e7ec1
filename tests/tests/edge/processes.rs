//! The workspace's binaries and what they need to run.

use std::{
    collections::{BTreeMap, HashMap},
    env,
    io::Write,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Once,
    time::Duration,
};

use deskless_infra::{cargo, routes::functions};
use serde_json::Value;
use tokio::{
    net::TcpStream,
    process::Command,
    sync::OnceCell,
    time::{Instant, sleep},
};

/// The root of the repository.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The time limit for a program to start. Another cargo may be running.
pub const STARTUP_TIMEOUT: Duration = Duration::from_mins(5);

/// The workspace's binaries by name.
pub type Binaries = BTreeMap<String, PathBuf>;

/// Returns the program that `DESKLESS_CARGO_LAMBDA` names, and the binaries. Without the variable, prints that the
/// tests are skipped and returns `None`.
pub async fn cargo_lambda() -> Option<(PathBuf, &'static Binaries)> {
    static SAID: Once = Once::new();
    match env::var_os("DESKLESS_CARGO_LAMBDA") {
        Some(program) => Some((program.into(), binaries().await)),
        None if env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("CI must not skip tests: set DESKLESS_CARGO_LAMBDA")
        }
        None => {
            let line = b"The binaries do not run under cargo lambda watch here: `make test` installs it.\n";
            // Writes past the test harness's output capture.
            SAID.call_once(|| std::io::stderr().write_all(line).unwrap_or_default());
            None
        }
    }
}

/// Builds the binaries like `deskless dev`, so that the second build has nothing to do. No `--package` is passed,
/// because that selects other dependency features. (cargo only provides a test with its own package's binaries.)
pub async fn binaries() -> &'static Binaries {
    static BUILT: OnceCell<Binaries> = OnceCell::const_new();
    BUILT
        .get_or_init(|| async {
            let output = Command::from(cargo::command(env!("CARGO")))
                .args(["build", "--locked", "--message-format", "json-render-diagnostics", "--bin", "deskless"])
                .args(functions().into_iter().flat_map(|function| ["--bin", function.name]))
                .current_dir(ROOT)
                .stdin(Stdio::null())
                .output()
                .await
                .expect("cargo runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let messages = output.stdout.split(|byte| *byte == b'\n');
            messages
                .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
                .filter_map(|message| {
                    let path = message["executable"].as_str()?;
                    Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(path)))
                })
                .collect()
        })
        .await
}

/// Returns two consecutive ports that are currently free.
pub fn free_ports() -> (u16, u16) {
    let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    for _ in 0..100 {
        let first = free(0).expect("a port");
        let port = first.local_addr().expect("an address").port();
        // S3 uses the port after those two.
        if port < u16::MAX - 1 && free(port + 1).is_ok() && free(port + 2).is_ok() {
            return (port, port + 1);
        }
    }
    panic!("no three ports are free");
}

/// Waits until a process listens on the port.
pub async fn listening(port: u16) {
    let end = Instant::now() + STARTUP_TIMEOUT;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
        assert!(Instant::now() < end, "no process listens on port {port}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// An empty folder for one test. It is kept if the test fails.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("edge-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Parses a file of `NAME=value` lines.
pub fn read_env(file: &Path) -> HashMap<String, String> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    text.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}
