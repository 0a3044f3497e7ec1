//! Builds the functions' release binaries and measures their size.

use std::{env, fs, io::Write, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use deskless_infra::routes;
use flate2::{Compression, write::DeflateEncoder};

use crate::figure::Figures;

/// The maximum size of a binary, in MB.
const TARGET: f64 = 6.0;
/// The maximum size of a zipped binary, in MB.
const ZIPPED_TARGET: f64 = 3.0;

/// The paths of the binaries.
pub struct Binaries {
    /// The functions' binaries by name.
    pub functions: Vec<(&'static str, PathBuf)>,
    /// The baseline function's binary.
    pub bare: PathBuf,
}

/// Builds the binaries like `cargo lambda build --release` and `sam build`: by name in the whole workspace, so that
/// they include the dependency features that the command and the tests enable.
pub fn build() -> Result<Binaries> {
    let bench = env::current_exe()?;
    let folder = bench.parent().context("the benchmark has no parent folder")?;
    ensure!(
        !folder.ends_with("debug"),
        "run the benchmark with `make bench` or `cargo run --release`: debug builds are not comparable"
    );
    let profile = folder.file_name().unwrap_or_default();
    let functions: Vec<_> =
        routes::functions().into_iter().map(|function| (function.name, folder.join(function.name))).collect();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")]);
    cargo.arg("--profile").arg(profile);
    // Variables that `cargo run` sets for this program would make some build scripts run again.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    for name in functions.iter().map(|(name, _)| *name).chain(["bare"]) {
        cargo.args(["--bin", name]);
    }
    ensure!(cargo.status()?.success(), "the functions do not compile: see the errors above");
    Ok(Binaries { functions, bare: folder.join("bare") })
}

/// Measures the size of each function.
pub fn sizes(binaries: &Binaries) -> Result<Figures> {
    let mut figures = Figures::new("Binary size per function, stripped, and zipped as deployed");
    for (name, binary) in &binaries.functions {
        let bytes = fs::read(binary)?;
        figures.size(name, bytes.len(), TARGET);
        figures.size(&format!("{name}, zipped"), deflated(&bytes)?, ZIPPED_TARGET);
    }
    Ok(figures)
}

/// Returns the size of the deflated bytes. A zip file with one entry adds a few hundred bytes.
fn deflated(bytes: &[u8]) -> Result<usize> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
