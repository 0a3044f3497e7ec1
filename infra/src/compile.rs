//! Builds the functions' binaries and detects when their source changes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::SystemTime,
};

use anyhow::{Result, bail};
use deskless_infra::{cargo, routes, task::Task, worker::Worker};
use serde_json::Value;
use tokio::{io::AsyncReadExt, process::Command};

use crate::process::ProcessGroup;

/// A function's binary.
pub struct Binary {
    pub path: PathBuf,
    /// Whether this build produced it. `false` if it was already up to date.
    pub new: bool,
}

/// Builds the functions and returns their binaries by name. Dropping the future stops cargo and its compilers.
///
/// No `--package` is passed: that would select other dependency features and compile most dependencies twice.
///
/// # Errors
/// If cargo does not start or a function does not compile.
pub async fn functions() -> Result<BTreeMap<String, Binary>> {
    let mut cargo = Command::from(cargo::command("cargo"));
    cargo.args(["build", "--message-format", "json-render-diagnostics"]).stdout(Stdio::piped());
    let routed = routes::functions().into_iter().map(|function| function.name);
    for name in routed.chain(Worker::ALL.map(Worker::name)).chain(Task::ALL.map(Task::name)) {
        cargo.args(["--bin", name]);
    }
    let mut build = ProcessGroup::spawn(&mut cargo)?;
    let mut messages = Vec::new();
    build.stdout()?.read_to_end(&mut messages).await?;
    if !build.wait().await?.success() {
        bail!("the functions do not compile: see the errors above");
    }
    let messages = messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let binaries = messages.filter_map(|message| {
        let path = message["executable"].as_str()?.into();
        Some((message["target"]["name"].as_str()?.to_owned(), Binary { path, new: message["fresh"] == false }))
    });
    Ok(binaries.collect())
}

/// The sources of the functions, relative to the root of the repository.
const SOURCES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "functions", "shared", "infra/openapi.json"];

/// Detects changes to the source by polling. There are few files, and systems limit file watches.
pub struct SourceWatcher(Snapshot);

/// The number of files and the newest modification time.
type Snapshot = (usize, Option<SystemTime>);

impl SourceWatcher {
    pub fn start() -> Self {
        Self(snapshot())
    }

    /// Returns whether the source has changed since the last call.
    pub fn changed(&mut self) -> bool {
        let before = std::mem::replace(&mut self.0, snapshot());
        before != self.0
    }
}

fn snapshot() -> Snapshot {
    SOURCES.iter().map(|path| snapshot_of(Path::new(path))).fold((0, None), add)
}

fn snapshot_of(path: &Path) -> Snapshot {
    match fs::read_dir(path) {
        Ok(folder) => folder.flatten().map(|entry| snapshot_of(&entry.path())).fold((0, None), add),
        Err(_) => (1, fs::metadata(path).and_then(|file| file.modified()).ok()),
    }
}

fn add(one: Snapshot, other: Snapshot) -> Snapshot {
    (one.0 + other.0, one.1.max(other.1))
}

#[cfg(test)]
mod tests {
    use std::{
        env,
        fs::{self, File},
        process,
        time::{Duration, UNIX_EPOCH},
    };

    use super::snapshot_of;

    #[test]
    fn added_changed_and_removed_files_are_detected() {
        let folder = env::temp_dir().join(format!("deskless-changes-{}", process::id()));
        fs::create_dir_all(folder.join("src")).expect("a folder");
        let write = |name: &str, at: u64| {
            let file = File::create(folder.join(name)).expect("a file");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(at)).expect("a time");
        };
        write("Cargo.toml", 1);
        let mut seen = vec![snapshot_of(&folder)];
        write("src/lib.rs", 1);
        seen.push(snapshot_of(&folder));
        write("src/lib.rs", 2);
        seen.push(snapshot_of(&folder));
        assert_eq!(seen[2], snapshot_of(&folder));
        fs::remove_file(folder.join("Cargo.toml")).expect("it was there");
        seen.push(snapshot_of(&folder));
        fs::remove_dir_all(&folder).expect("it was there");
        seen.push(snapshot_of(&folder));
        seen.dedup();
        assert_eq!(seen.len(), 5, "{seen:?}");
    }
}
