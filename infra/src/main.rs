//! The `deskless` command.

mod api;
mod command;
mod compile;
mod connection;
mod deliveries;
mod event_source;
mod feed;
mod lambda;
mod local;
mod log;
mod process;
mod timer;

use clap::{Parser, Subcommand};
use command::{
    bulk, costs, dev, events, identity, jobs, key, listen, openapi, purge, secrets, serve, template, timers, upload,
    workspace,
};

/// The local stack runs the engine and the API in one process. The system's allocator takes a quarter of a list's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Run Deskless locally, manage workspaces and API keys, and maintain a deployment.
#[derive(Debug, Parser)]
#[command(name = "deskless", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the local stack with one process per function, as on Lambda.
    Dev(dev::Arguments),
    /// Run the local stack with all routes in one process.
    Serve(local::Options),
    /// Create and list workspaces.
    Workspace(workspace::Arguments),
    /// Create, list and revoke API keys.
    Key(key::Arguments),
    /// Rotate the identity secret and sign customer tokens.
    Identity(identity::Arguments),
    /// Rotate the data key that encrypts stored secrets.
    Secrets(secrets::Arguments),
    /// List or remove what is left of deleted conversations.
    Purge(purge::Arguments),
    /// List or resume unfinished jobs.
    Jobs(jobs::Arguments),
    /// Handle what is due now: end snoozes, and start deliveries.
    Timers(timers::Arguments),
    /// Follow bulk actions.
    Bulk(bulk::Arguments),
    /// Print the events of a workspace.
    Events(events::Arguments),
    /// Forward events to a server on this machine, signed as webhooks.
    ///
    /// Posts events one after another, in the order of the log. An event that the server does not accept is repeated for 8 seconds, then
    /// skipped. At the end, the command prints how to continue without missing an event.
    Listen(listen::Arguments),
    /// Upload a file.
    Upload(upload::Arguments),
    /// Write or check infra/openapi.json.
    Openapi(openapi::Options),
    /// Write template.yaml and CargoLambda.toml, or check that the committed ones are up to date.
    Template(template::Options),
    /// Write docs/costs.md and the figures in README.md and docs/events.md, or check that they are up to date.
    Costs(costs::Options),
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let result = match Arguments::parse().command {
        Command::Dev(options) => dev::run(options).await,
        Command::Serve(options) => serve::run(options).await,
        Command::Workspace(arguments) => workspace::run(arguments).await,
        Command::Key(arguments) => key::run(arguments).await,
        Command::Identity(arguments) => identity::run(arguments).await,
        Command::Secrets(arguments) => secrets::run(arguments).await,
        Command::Purge(arguments) => purge::run(arguments).await,
        Command::Jobs(arguments) => jobs::run(arguments).await,
        Command::Timers(arguments) => timers::run(arguments).await,
        Command::Bulk(arguments) => bulk::run(arguments).await,
        Command::Events(arguments) => events::run(arguments).await,
        Command::Listen(arguments) => listen::run(arguments).await,
        Command::Upload(arguments) => upload::run(arguments).await,
        Command::Openapi(options) => openapi::run(&options),
        Command::Template(options) => template::run(&options),
        Command::Costs(options) => costs::run(&options),
    };
    match result {
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
    fn command_line_definition_is_valid() {
        super::Arguments::command().debug_assert();
    }
}
