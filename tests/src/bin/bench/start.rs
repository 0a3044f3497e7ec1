//! The time from starting a function to its first poll for an event.

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
/// The time limit for the first poll.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Measures each function relative to the baseline. The Lambda runtime API is emulated by a local server that never
/// responds. The table is a local engine.
pub async fn measure(binaries: &Binaries) -> Result<Figures> {
    let stack = Stack::start().await?;
    let lambda = Lambda::start()?;
    let mut figures = Figures::new(format!("Cold start of a function, relative to a minimal function ({TURNS} turns)"));
    for (name, binary) in &binaries.functions {
        let mut samples = Samples::default();
        for turn in 0..WARM_UP + TURNS {
            let ours = lambda.time(binary, stack.url())?;
            let baseline = lambda.time(&binaries.bare, stack.url())?;
            if turn >= WARM_UP {
                samples.add(ours, baseline);
            }
        }
        figures.ratio(name, &samples, TARGET);
    }
    Ok(figures)
}

/// An emulated Lambda runtime API.
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
                thread::spawn(move || report_polls(&stream, &tell));
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
        let started = Instant::now();
        let mut function = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let asked = self.asked.recv_timeout(TIMEOUT);
        function.kill()?;
        function.wait()?;
        let asked = asked.with_context(|| format!("{} never polled for an event", binary.display()))?;
        Ok(asked.duration_since(started))
    }
}

/// Reports when a function polls for an event, and does not respond.
fn report_polls(stream: &TcpStream, tell: &Sender<Instant>) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.starts_with("GET /2018-06-01/runtime/invocation/next ") {
            let _ = tell.send(Instant::now());
        }
    }
}
