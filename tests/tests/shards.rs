//! Runs the `api` tests of lists, counts, bulk actions and automations again in workspaces with eight shards.

use std::{env, process::ExitCode};

/// The number of shards of each workspace.
const SHARDS: &str = "8";

/// The modules whose tests read or write the indexes that are sharded.
const MODULES: [&str; 9] = [
    "automations::",
    "bulk_actions::",
    "bulk_jobs::",
    "conversations_",
    "core_contract::",
    "customers::",
    "customers_erase::",
    "workspace_customers::",
    "workspace_views::",
];

fn main() -> ExitCode {
    // `cargo test` passes filters and `--list` to every binary. Those are handled by the `api` binary itself.
    if env::args().len() > 1 {
        println!("Skipping the tests with {SHARDS} shards: they run without a filter.");
        return ExitCode::SUCCESS;
    }
    println!("Running the api tests of sharded indexes with {SHARDS} shards:");
    // The same workspace and features as the current run, so that nothing is recompiled.
    let suite = deskless_infra::cargo::command(env!("CARGO"))
        .args(["test", "--workspace", "--locked", "--test", "api", "--"])
        .args(MODULES)
        .env("DESKLESS_SHARDS", SHARDS)
        .status()
        .expect("cargo runs");
    if suite.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
