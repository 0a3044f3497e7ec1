//! Runs the programs of `docs/events.md` as they are printed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use deskless_domain::{Clock, EventType, RetrySchedule, Timestamp};
use serde_json::{Value, json};

use crate::{
    events::{create, follow},
    process::Process,
    stack::{Stack, free_port},
};

const GUIDE: &str = include_str!("../../../docs/events.md");

/// How often a consumer is killed.
const KILLS: usize = 12;

/// Returns the program in a language that has a text.
fn program(language: &str, text: &str) -> String {
    let fence = format!("```{language}\n");
    let blocks = GUIDE.split(&fence).skip(1);
    let mut programs = blocks.filter_map(|block| block.split_once("```")).map(|(program, _)| program);
    programs.find(|program| program.contains(text)).unwrap_or_else(|| panic!("{language} with {text}")).to_owned()
}

/// Returns the value of a variable that names a tool.
fn tool(name: &str) -> Option<String> {
    let found = env::var(name).ok();
    if found.is_none() {
        println!("{name} is not set: `make test` installs the tool.");
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "CI must not skip tests");
    }
    found
}

/// A program of the guide in a folder of its own.
struct Program {
    runtime: String,
    folder: PathBuf,
    file: &'static str,
}

impl Program {
    fn python(stack: &Stack, source: &str) -> Option<Self> {
        let runtime = tool("DESKLESS_DIALECT_PYTHON")?;
        Some(Self::write(stack, runtime, "program.py", source))
    }

    /// Returns a program whose types are right.
    fn typescript(stack: &Stack, source: &str) -> Option<Self> {
        let (runtime, modules) = (tool("DESKLESS_NODE")?, tool("DESKLESS_NODE_MODULES")?);
        let program = Self::write(stack, runtime, "program.ts", source);
        std::os::unix::fs::symlink(&modules, program.folder.join("node_modules")).expect("a link");
        fs::write(program.folder.join("package.json"), r#"{ "type": "module" }"#).expect("written");
        let mut check = Command::new(&program.runtime);
        check.arg(Path::new(&modules).join("typescript/bin/tsc")).current_dir(&program.folder);
        let options = "--noEmit --strict --target es2022 --module nodenext --skipLibCheck --types node program.ts";
        let output = check.args(options.split(' ')).output().expect("tsc runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        Some(program)
    }

    fn write(stack: &Stack, runtime: String, file: &'static str, source: &str) -> Self {
        let folder = stack.folder.join("program");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(file), source).expect("written");
        Self { runtime, folder, file }
    }

    fn start(&self, variables: &[(&str, &str)]) -> Process {
        let mut command = Command::new(&self.runtime);
        command.arg(self.file).current_dir(&self.folder).env("NO_PROXY", "127.0.0.1");
        Process::start(command.envs(variables.iter().copied()))
    }
}

/// Returns the ids of the events that a consumer has stored, in this order.
fn stored(program: &Program) -> Vec<String> {
    let Ok(database) = rusqlite::Connection::open(program.folder.join("events.db")) else { return Vec::new() };
    // The program creates the table, and locks the file while it writes.
    let Ok(mut statement) = database.prepare("SELECT id FROM events ORDER BY rowid") else { return Vec::new() };
    let rows = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect);
    rows.unwrap_or_default()
}

/// Kills a consumer again and again, and the API once, while events happen.
fn consumer_misses_nothing(mut stack: Stack, program: &Program) {
    let env = stack.env();
    let variables = ["DESKLESS_URL", "DESKLESS_API_KEY"].map(|name| (name, &*env[name]));
    let everything = ["events", "tail", "--from-start", "--no-follow", "--json"];
    assert!(stack.run(&everything).stdout.is_empty(), "the first read starts the log");
    for round in 0..KILLS {
        let consumer = program.start(&variables);
        for _ in 0..round % 4 {
            let id = create(&stack, "Hello");
            stack.post(&format!("conversations/{id}/messages"), &json!({ "role": "user", "body": "a" }));
        }
        if round == KILLS / 2 {
            stack.kill();
            let ended = consumer.end();
            assert!(!ended.status.success(), "{ended:?}");
            stack.start_again();
        } else {
            consumer.kill();
        }
    }
    let messages: usize = (0..KILLS).map(|round| round % 4).sum();
    let consumer = program.start(&variables);
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let output = String::from_utf8(stack.run(&everything).stdout).expect("text");
        let events: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let log: Vec<_> = events.iter().map(|event| event["id"].as_str().expect("an id").to_owned()).collect();
        let has_all = events.iter().filter(|event| event["type"] == "message.created").count() == messages;
        let stored = stored(program);
        if has_all && stored == log {
            break;
        }
        assert!(Instant::now() < deadline, "{messages} messages, nothing missed, nothing twice: {stored:?}, {log:?}");
        sleep(Duration::from_millis(50));
    }
    consumer.kill();
}

#[test]
fn python_consumer_misses_nothing() {
    let stack = Stack::start("guide-consume-python");
    // Asks so often that kills hit each part of the program.
    let source = program("python", "/api/v1/events").replace("else 1)", "else 0.001)");
    assert!(source.contains("0.001"), "{source}");
    let Some(program) = Program::python(&stack, &source) else { return };
    consumer_misses_nothing(stack, &program);
}

#[test]
fn typescript_consumer_misses_nothing() {
    let stack = Stack::start("guide-consume-typescript");
    let source = program("ts", "/api/v1/events").replace(": 1000)", ": 1)");
    assert!(source.contains("0 : 1)"), "{source}");
    let Some(program) = Program::typescript(&stack, &source) else { return };
    consumer_misses_nothing(stack, &program);
}

/// Forwards an event to a receiver with its secret, and one with another secret.
fn receiver_verifies(stack: &Stack, program: &Program) {
    let port = free_port();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let receiver = program.start(&[("WEBHOOK_SECRET", secret), ("PORT", &port.to_string())]);
    let target = format!("http://127.0.0.1:{port}/hook");
    let types = ["--type", "conversation.created"];
    let listen =
        |secret| follow(stack, &[&["listen", "--forward-to", &target, "--secret", secret], &types[..]].concat());
    let listening = listen(secret);
    let id = create(stack, "Gr\u{fc}\u{df}e");
    // The receiver may need longer to start than the event.
    while !listening.line().contains(" 204 ") {}
    let line = receiver.line();
    assert!(line.starts_with("conversation.created "), "{id}: {line}");
    drop(listening);
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let listening = listen(other);
    create(stack, "Hello");
    assert!(listening.line().contains("POST /hook 400 "));
}

#[test]
fn python_receiver_verifies() {
    let stack = Stack::start("guide-receive-python");
    let Some(program) = Program::python(&stack, &program("python", "standardwebhooks")) else { return };
    receiver_verifies(&stack, &program);
}

#[test]
fn typescript_receiver_verifies() {
    let stack = Stack::start("guide-receive-typescript");
    let Some(program) = Program::typescript(&stack, &program("ts", "standardwebhooks")) else { return };
    receiver_verifies(&stack, &program);
}

#[test]
fn guide_lists_every_event_type() {
    let section = GUIDE.split("\n## ").find(|section| section.starts_with("Event types")).expect("a section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: Vec<_> = rows.skip(1).map(|(event_type, _)| event_type).collect();
    // A test is not in the log, so it has no row.
    let test = EventType::WebhookEndpointTest;
    let logged = EventType::ALL.iter().filter(|&&event_type| event_type != test);
    assert_eq!(listed, logged.map(|event_type| event_type.as_str()).collect::<Vec<_>>());
    assert!(section.contains(&format!("`{}`", test.as_str())));
}

/// A clock without jitter.
#[derive(Debug)]
struct Middle;

impl Clock for Middle {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
    fn fill_random(&self, bytes: &mut [u8]) {
        bytes.fill(128);
    }
}

#[test]
fn guide_states_the_retry_schedule() {
    let delays = (1..).map_while(|attempt| RetrySchedule::next_attempt(attempt, None, &Middle));
    let delays = delays.map(|delay| {
        let seconds = (delay.as_millis() + 500) / 1000;
        match (seconds, (seconds + 30) / 60) {
            (..60, _) => format!("{seconds} seconds"),
            (_, minutes @ ..60) => format!("{minutes} minutes"),
            (_, minutes) => format!("{} hours", (minutes + 30) / 60),
        }
    });
    let delays = delays.collect::<Vec<_>>().join(", ");
    assert!(GUIDE.contains(&format!("\n> {delays}.\n")), "{delays}");
    assert!(GUIDE.contains(&format!("After {} attempts", RetrySchedule::ATTEMPTS)));
}
