//! The `deskless` command: the local stack, workspaces and keys.

mod api;
mod command;
mod compile;
mod connection;
mod lambda;
mod local;
mod process;
mod pump;

use clap::{Parser, Subcommand};
use command::{bulk, dev, identity, jobs, key, openapi, purge, serve, template, upload, workspace};

/// A conversations back end in your own AWS account: local stack, workspaces, keys.
#[derive(Debug, Parser)]
#[command(name = "deskless", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the local stack: every function under `cargo lambda watch`, over a table that keeps what is written.
    Dev(dev::Arguments),
    /// Run all routes in one process over the same table.
    Serve(local::Options),
    /// Make and list workspaces.
    Workspace(workspace::Arguments),
    /// Make, list and revoke API keys.
    Key(key::Arguments),
    /// Make the secret with which customers' tokens are signed, and sign one.
    Identity(identity::Arguments),
    /// List what deleted conversations have left behind, or remove it.
    Purge(purge::Arguments),
    /// List jobs that have work left, or have them go on.
    Jobs(jobs::Arguments),
    /// Watch bulk actions.
    Bulk(bulk::Arguments),
    /// Upload a file: announce it, post it to the bucket, register it.
    Upload(upload::Arguments),
    /// Write the API's description, or check that the committed one is true.
    Openapi(openapi::Options),
    /// Write template.yaml and CargoLambda.toml, or check that the committed ones are up to date.
    Template(template::Options),
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Dev(options) => dev::run(options).await,
        Command::Serve(options) => serve::run(options).await,
        Command::Workspace(arguments) => workspace::run(arguments).await,
        Command::Key(arguments) => key::run(arguments).await,
        Command::Identity(arguments) => identity::run(arguments).await,
        Command::Purge(arguments) => purge::run(arguments).await,
        Command::Jobs(arguments) => jobs::run(arguments).await,
        Command::Bulk(arguments) => bulk::run(arguments).await,
        Command::Upload(arguments) => upload::run(arguments).await,
        Command::Openapi(options) => openapi::run(&options),
        Command::Template(options) => template::run(&options),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("deskless: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_commands_and_their_options_go_together() {
        super::Arguments::command().debug_assert();
    }
}
