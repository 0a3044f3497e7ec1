//! How long a function takes from being started to asking for its first event.

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use deskless_infra::engine::TABLE;

use crate::{
    binaries::Binaries,
    figure::{Figures, Samples},
    stack::Stack,
};

const TARGET: f64 = 1.6;
const TURNS: usize = 60;
const WARM_UP: usize = 5;
/// A function that has not asked by then never will.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures each function over the bare one. Lambda itself, as far as a function sees it while it starts, is a server on
/// this machine that never answers; so is the table, which does answer.
pub async fn measure(binaries: &Binaries) -> Result<Figures> {
    let stack = Stack::start().await?;
    let lambda = Lambda::start()?;
    let mut figures = Figures::new(format!(
        "From a function's start to its first request for an event, over a function that does nothing ({TURNS} turns)"
    ));
    for (name, binary) in &binaries.functions {
        let mut samples = Samples::default();
        for turn in 0..WARM_UP + TURNS {
            let ours = lambda.time(binary, stack.url())?;
            let least = lambda.time(&binaries.bare, stack.url())?;
            if turn >= WARM_UP {
                samples.add(ours, least);
            }
        }
        figures.ratio(name, &samples, TARGET);
    }
    Ok(figures)
}

/// What functions ask for events.
struct Lambda {
    address: String,
    asked: Receiver<Instant>,
}

impl Lambda {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?.to_string();
        let (tell, asked) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tell = tell.clone();
                thread::spawn(move || wait_for_a_function(&stream, &tell));
            }
        });
        Ok(Self { address, asked })
    }

    fn time(&self, binary: &Path, table: &str) -> Result<Duration> {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &self.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "bench")
            .env("AWS_SECRET_ACCESS_KEY", "bench")
            .env("AWS_SESSION_TOKEN", "bench")
            .env("AWS_ENDPOINT_URL_DYNAMODB", table)
            .env("TABLE_NAME", TABLE)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let begun = Instant::now();
        let mut function = command.spawn().with_context(|| format!("{} does not start", binary.display()))?;
        let asked = self.asked.recv_timeout(PATIENCE);
        function.kill()?;
        function.wait()?;
        let asked = asked.with_context(|| format!("{} never asked for an event", binary.display()))?;
        Ok(asked.duration_since(begun))
    }
}

/// Tells when the request for an event comes, and leaves it unanswered.
fn wait_for_a_function(stream: &TcpStream, tell: &Sender<Instant>) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.starts_with("GET /2018-06-01/runtime/invocation/next ") {
            let _ = tell.send(Instant::now());
        }
    }
}
