//! cargo, started from a program that cargo started.

use std::{env, ffi::OsStr, process::Command};

/// A command for cargo with the environment that its user has.
///
/// cargo tells the programs that it runs of their package, in variables that some build scripts read: handed on to
/// another cargo, they would make it compile those crates again, and the next cargo once more.
pub fn command(cargo: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(cargo);
    for (name, _) in env::vars_os() {
        let of_a_package = name
            .to_str()
            .is_some_and(|name| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.starts_with(prefix)));
        if of_a_package {
            command.env_remove(name);
        }
    }
    command
}
