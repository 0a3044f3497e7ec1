use std::{
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use deskless_infra::{engine::TABLE, routes};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::process::{Child, Command};

use crate::local::{self, Options, Stack};

/// The local stack: every function as the binary that Lambda runs, behind one port.
pub async fn run(options: Options) -> Result<()> {
    let port = options.port;
    // Taken and let go again: `cargo lambda watch` would say it less clearly, and later.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(|e| local::port_taken(port, &e))?;

    println!("Compiling the functions (minutes the first time, seconds after that) …");
    let mut build = Group::spawn(Command::new("cargo").args(["build", "--bins", "--locked"]), "cargo")?;
    tokio::select! {
        status = build.child.wait() => if !status?.success() {
            bail!("the functions do not compile: the lines above say why");
        },
        () = local::interrupted() => return Ok(build.stop().await),
    }

    let stack = Stack::start(options).await?;
    println!("Starting cargo lambda watch on port {port} …");
    let mut watch = Command::new("cargo-lambda");
    watch
        .args(["lambda", "watch", "--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()])
        .env("TABLE_NAME", TABLE)
        .env("AWS_ENDPOINT_URL_DYNAMODB", stack.engine_url())
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_REGION", "local")
        .stdin(Stdio::null());
    let mut watch = Group::spawn(&mut watch, "cargo-lambda")?;
    let outcome = tokio::select! {
        status = watch.child.wait() => {
            Err(anyhow::anyhow!("cargo lambda watch ended ({}): the lines above say why", status?))
        }
        () = local::interrupted() => Ok(()),
        ready = run_until_failure(&stack) => ready,
    };
    println!("Stopping …");
    watch.stop().await;
    outcome
}

/// Waits until every function answers, says so, and then only ends by failing.
async fn run_until_failure(stack: &Stack) -> Result<()> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(120)).build()?;
    let mut paths: Vec<_> = routes::description().paths.paths.into_keys().collect();
    paths.sort();
    for path in paths {
        // An id that is none and no key: the function answers 401 or 404, and is warm.
        let path: String = path.chars().filter(|c| !"{}".contains(*c)).collect();
        let mut tries = 0;
        while let Err(error) = client.get(format!("{}{path}", stack.url())).send().await {
            tries += 1;
            if tries > 600 {
                return Err(error).context("the functions do not answer");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    stack.announce();
    std::future::pending().await
}

/// A child with all of its own children.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Group {
    fn spawn(command: &mut Command, name: &str) -> Result<Self> {
        let child = command.process_group(0).kill_on_drop(true).spawn().map_err(|e| match e.kind() {
            ErrorKind::NotFound => anyhow::anyhow!("{name} is not installed: start the local stack with `make dev`"),
            _ => anyhow::anyhow!("{name} does not start: {e}"),
        })?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        Ok(Self { child, id })
    }

    /// Asks all to stop, then makes them.
    async fn stop(&mut self) {
        for signal in [Signal::SIGTERM, Signal::SIGKILL] {
            if let Some(id) = self.id {
                let _ = killpg(id, signal);
            }
            if tokio::time::timeout(Duration::from_secs(3), self.child.wait()).await.is_ok() && signal == Signal::SIGTERM {
                // The leader is gone; whoever is left of its group goes too.
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    }
}
