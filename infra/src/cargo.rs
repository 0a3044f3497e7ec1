//! Starts cargo from a program that cargo started.

use std::{env, ffi::OsStr, process::Command};

/// Returns a command for cargo without the package variables that cargo set for this program.
///
/// Some build scripts depend on `CARGO_PKG_*` and `CARGO_MANIFEST_*`. Inherited values would make cargo rebuild those
/// crates, now and again on the next plain `cargo build`.
pub fn command(cargo: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(cargo);
    for (name, _) in env::vars_os() {
        let is_package_variable = name
            .to_str()
            .is_some_and(|name| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.starts_with(prefix)));
        if is_package_variable {
            command.env_remove(name);
        }
    }
    command
}
