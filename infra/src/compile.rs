//! The functions' binaries, and when they have to be built again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::SystemTime,
};

use anyhow::{Result, bail};
use deskless_infra::{cargo, routes, worker::Worker};
use serde_json::Value;
use tokio::{io::AsyncReadExt, process::Command};

use crate::process::Group;

/// A function's binary.
pub struct Binary {
    pub path: PathBuf,
    /// Whether this build made it; else it was there already.
    pub new: bool,
}

/// Builds the functions' binaries and gives them by their names. When this is dropped, cargo and its compilers end.
///
/// No package is named: that would choose other features of the dependencies, and compile most of them a second time.
pub async fn functions() -> Result<BTreeMap<String, Binary>> {
    let mut cargo = Command::from(cargo::command("cargo"));
    cargo.args(["build", "--message-format", "json-render-diagnostics"]).stdout(Stdio::piped());
    for name in routes::functions().into_iter().map(|(name, _)| name).chain(Worker::ALL.map(Worker::name)) {
        cargo.args(["--bin", name]);
    }
    let mut build = Group::spawn(&mut cargo)?;
    let mut messages = Vec::new();
    build.stdout()?.read_to_end(&mut messages).await?;
    if !build.ended().await?.success() {
        bail!("the functions do not compile: the lines above say why");
    }
    let messages = messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let binaries = messages.filter_map(|message| {
        let path = message["executable"].as_str()?.into();
        Some((message["target"]["name"].as_str()?.to_owned(), Binary { path, new: message["fresh"] == false }))
    });
    Ok(binaries.collect())
}

/// What the functions are made of, in the checkout that we stand in.
const SOURCES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "functions", "shared", "infra/openapi.json"];

/// Notices changes of the code. It looks instead of being told: there are few files, and systems allow few watches.
pub struct Changes(Stand);

/// How many files there are, and when the newest was written.
type Stand = (usize, Option<SystemTime>);

impl Changes {
    pub fn from_now() -> Self {
        Self(stand())
    }

    /// Whether there are changes since it was asked last.
    pub fn any(&mut self) -> bool {
        let before = std::mem::replace(&mut self.0, stand());
        before != self.0
    }
}

fn stand() -> Stand {
    SOURCES.iter().map(|path| stand_of(Path::new(path))).fold((0, None), add)
}

fn stand_of(path: &Path) -> Stand {
    match fs::read_dir(path) {
        Ok(folder) => folder.flatten().map(|entry| stand_of(&entry.path())).fold((0, None), add),
        Err(_) => (1, fs::metadata(path).and_then(|file| file.modified()).ok()),
    }
}

fn add(one: Stand, other: Stand) -> Stand {
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

    use super::stand_of;

    #[test]
    fn files_that_come_change_or_go_are_noticed() {
        let folder = env::temp_dir().join(format!("deskless-changes-{}", process::id()));
        fs::create_dir_all(folder.join("src")).expect("a folder");
        let write = |name: &str, at: u64| {
            let file = File::create(folder.join(name)).expect("a file");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(at)).expect("a time");
        };
        write("Cargo.toml", 1);
        let mut seen = vec![stand_of(&folder)];
        write("src/lib.rs", 1);
        seen.push(stand_of(&folder));
        write("src/lib.rs", 2);
        seen.push(stand_of(&folder));
        assert_eq!(seen[2], stand_of(&folder));
        fs::remove_file(folder.join("Cargo.toml")).expect("it was there");
        seen.push(stand_of(&folder));
        fs::remove_dir_all(&folder).expect("it was there");
        seen.push(stand_of(&folder));
        seen.dedup();
        assert_eq!(seen.len(), 5, "{seen:?}");
    }
}
