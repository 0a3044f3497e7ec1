//! The functions' binaries, as they are deployed, and what they weigh.

use std::{env, fs, io::Write, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use deskless_infra::routes;
use flate2::{Compression, write::DeflateEncoder};

use crate::figure::Figures;

const TARGET: f64 = 6.0;
const ZIPPED_TARGET: f64 = 3.0;

/// Where the binaries are.
pub struct Binaries {
    /// Each function's, by name.
    pub functions: Vec<(&'static str, PathBuf)>,
    /// The bare function's.
    pub bare: PathBuf,
}

/// Builds all of them as `cargo lambda build --release` and `sam build` do: by name, in the whole workspace, so that the
/// features that the command and the tests ask of shared dependencies are in them too.
pub fn build() -> Result<Binaries> {
    let bench = env::current_exe()?;
    let folder = bench.parent().context("a program lies in a folder")?;
    ensure!(!folder.ends_with("debug"), "only optimized programs tell something: cargo run --release");
    let profile = folder.file_name().unwrap_or_default();
    let functions: Vec<_> = routes::functions().into_iter().map(|(name, _)| (name, folder.join(name))).collect();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")]);
    cargo.arg("--profile").arg(profile);
    // What `cargo run` says of this program, others' build scripts would take for news and compile again.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    for name in functions.iter().map(|(name, _)| *name).chain(["bare"]) {
        cargo.args(["--bin", name]);
    }
    ensure!(cargo.status()?.success(), "the functions do not compile: the lines above say why");
    Ok(Binaries { functions, bare: folder.join("bare") })
}

/// Weighs the functions.
pub fn sizes(binaries: &Binaries) -> Result<Figures> {
    let mut figures = Figures::new("A function's binary, stripped, and zipped as it is deployed");
    for (name, binary) in &binaries.functions {
        let bytes = fs::read(binary)?;
        figures.size(name, bytes.len(), TARGET);
        figures.size(&format!("{name}, zipped"), deflated(&bytes)?, ZIPPED_TARGET);
    }
    Ok(figures)
}

/// A zip file of one entry is its deflated bytes and some hundred more.
fn deflated(bytes: &[u8]) -> Result<usize> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
