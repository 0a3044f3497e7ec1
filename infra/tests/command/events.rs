//! `deskless events tail`.

use std::{collections::VecDeque, process::Command};

use serde_json::{Value, json};

use crate::{
    process::{Ended, Process},
    server::Server,
    stack::Stack,
};

pub fn command(stack: &Stack, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deskless"));
    command.args(arguments).current_dir(&stack.folder);
    command
}

/// Starts a command that follows the feed, and waits until it has its position.
pub fn follow(stack: &Stack, arguments: &[&str]) -> Process {
    let process = Process::start(&mut command(stack, arguments));
    process.wait_for_note("Press Ctrl-C to stop");
    process
}

/// Creates a conversation, and returns its id.
pub fn create(stack: &Stack, subject: &str) -> String {
    let created = stack.post("conversations", &json!({ "subject": subject, "customer": { "id": "cus_1" } }));
    created["conversation"]["id"].as_str().expect("an id").to_owned()
}

/// The types that the tests look at. A new customer and the counters of a conversation have events of their own.
const TYPES: [&str; 2] = ["--type", "conversation.created,message.created"];

/// Runs `events tail --no-follow` until the log has caught up with `count` events, and returns them.
fn events(stack: &Stack, arguments: &[&str], count: usize) -> Vec<Value> {
    for _ in 0..200 {
        let output = stack.run(&[&["events", "tail", "--no-follow", "--json"], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let out = String::from_utf8(output.stdout).expect("text");
        let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        if events.len() >= count {
            assert_eq!(events.len(), count, "{out}");
            return events;
        }
    }
    panic!("there are never {count} events");
}

/// Returns the arguments after `Continue with:`, as a shell would pass them.
pub fn continuation(ended: &Ended) -> Vec<String> {
    let at = ended.err.iter().position(|line| line == "Continue with:").expect("how to continue");
    let words = ended.err[at + 1].strip_prefix("deskless ").expect("a command");
    words.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()
}

#[test]
fn tail_prints_events_and_how_to_continue() {
    let stack = Stack::start("events-tail");
    let tail = follow(&stack, &[&["events", "tail"], &TYPES[..]].concat());
    let id = create(&stack, "Need help");
    let line = tail.line();
    assert!(line.contains("conversation.created") && line.contains(&id) && line.contains("by api key "), "{line}");
    assert!(line.contains("subject=\"Need help\"") && !line.contains('\u{1b}'), "no colors in a pipe: {line}");
    stack.post(&format!("conversations/{id}/messages"), &json!({ "role": "user", "body": "Hello there" }));
    let line = tail.line();
    assert!(line.contains("message.created") && line.contains("role=user body=\"Hello there\""), "{line}");
    let ended = tail.interrupt();
    assert!(ended.status.success() && ended.out.is_empty(), "{ended:?}");

    let continuation = continuation(&ended);
    let mut words: Vec<_> = continuation.iter().map(String::as_str).collect();
    let types = ["--type", "conversation.created", "--type", "message.created", "--after"];
    assert_eq!(words[..7], [&["events", "tail"], &types[..]].concat());
    words.extend(["--no-follow", "--json"]);
    assert!(stack.run(&words).stdout.is_empty(), "nothing happened since");
    let second = create(&stack, "Second");
    assert_eq!(events(&stack, &words[2..8], 1)[0]["conversationId"], second);
}

#[test]
fn tail_continues_with_cursor_file_and_filters() {
    let stack = Stack::start("events-cursor-file");
    let file = [&TYPES[..], &["--from-start", "--cursor-file", "cursor"]].concat();
    let with = |arguments: &[&str], count| events(&stack, &[&TYPES[..], arguments].concat(), count);
    assert!(events(&stack, &file, 0).is_empty(), "the log begins with the first read");
    let first = create(&stack, "First");
    assert_eq!(events(&stack, &file, 1)[0]["conversationId"], first);
    let second = create(&stack, "Second");
    stack.post(&format!("conversations/{second}/messages"), &json!({ "role": "user", "body": "a" }));
    let rest = with(&["--from-start"], 3);
    let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&events(&stack, &file, 2)), ids(&rest[1..]), "nothing missed, nothing twice");
    assert!(stack.run(&[&["events", "tail", "--no-follow"], &file[..]].concat()).stdout.is_empty());

    assert_eq!(
        ids(&events(&stack, &["--from-start", "--type", "message.created,message.deleted"], 1)),
        ids(&rest[2..])
    );
    assert_eq!(ids(&with(&["--from-start", "--conversation", &first], 1)), ids(&rest[..1]));
    assert_eq!(ids(&with(&["--after", rest[0]["id"].as_str().expect("an id")], 2)), ids(&rest[1..]));

    let after = ["--after", rest[0]["id"].as_str().expect("an id")];
    assert_eq!(ids(&events(&stack, &[&file[..2], &file[file.len() - 2..], &after].concat(), 2)), ids(&rest[1..]));
    std::fs::write(stack.folder.join("cursor"), "7").expect("written");
    let error = stack.failure(&[&["events", "tail"], &file[..]].concat());
    assert!(error.contains("cursor is not a cursor file"), "{error}");
}

#[test]
fn tail_survives_restart_of_the_api() {
    let mut stack = Stack::start("events-restart");
    let tail = follow(&stack, &["events", "tail", "--json", "--type", "conversation.created"]);
    let id = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["conversationId"].clone();
    let first = create(&stack, "First");
    assert_eq!(id(&tail.line()), first);
    stack.kill();
    tail.wait_for_note("The API is not available");
    stack.start_again();
    let second = create(&stack, "Second");
    assert_eq!(id(&tail.line()), second, "nothing missed, nothing twice");
    let ended = tail.interrupt();
    assert!(
        ended.status.success() && ended.out.is_empty() && ended.err.contains(&"The API responds again.".to_owned()),
        "{ended:?}"
    );
}

#[test]
fn wrong_cursors_and_options_are_explained() {
    let stack = Stack::start("events-wrong");
    let env = stack.env();
    create(&stack, "Hello");
    let _ = events(&stack, &[], 0);
    create(&stack, "Hello");
    let cursor = events(&stack, &["--from-start", "--type", "conversation.created"], 1)[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let no_scope = stack.json(&[
        "key",
        "create",
        "--workspace",
        &env["DESKLESS_WORKSPACE"],
        "--name",
        "x",
        "--scope",
        "read:conversations",
    ]);
    for (arguments, sentence) in [
        (vec!["--type", "message.sent"], "must be one of conversation.created"),
        (vec!["--after", "7"], "must be the ID of an event"),
        (vec!["--after", &cursor, "--from-start"], "cannot be used with"),
        (vec!["--conversation", "7"], "must be a conversation ID"),
        (vec!["--after", &cursor, "--key", &env["DESKLESS_OTHER_API_KEY"]], "400"),
        (vec!["--key", no_scope["secret"].as_str().expect("a secret")], "read:events"),
        (vec!["--key", &env["DESKLESS_CLIENT_KEY"]], "403"),
        (vec!["--url", "http://127.0.0.1:1"], "cannot connect to http://127.0.0.1:1"),
    ] {
        let error = stack.failure(&[&["events", "tail"], &arguments[..]].concat());
        assert!(error.contains(sentence), "{arguments:?}: {error}");
    }
}

/// A page of the feed with one event.
fn page(id: &str) -> String {
    let event = json!({ "id": id, "type": "message.created" });
    json!({ "object": "list", "hasMore": false, "nextCursor": id, "events": [event] }).to_string()
}

#[test]
fn tail_waits_out_errors_and_explains_lost_events() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("events-errors");
    let oldest = "00000000-0000-8000-8000-000000000009";
    let (first, second) = ("00000000-0000-8000-8000-000000000001", "00000000-0000-8000-8000-000000000002");
    std::fs::create_dir_all(&folder).expect("a folder");
    let gone =
        json!({ "status": 410, "code": "cursor_expired", "error": "Events have expired.", "oldestCursor": oldest })
            .to_string();
    let mut responses = VecDeque::from([
        (503, "", String::new()),
        (200, "", page(first)),
        (429, "retry-after: 1\r\n", json!({ "error": "Too many requests." }).to_string()),
        (502, "", "<html>".to_owned()),
        (200, "", page(second)),
        (410, "", gone),
    ]);
    let server = Server::start(move |_| responses.pop_front().unwrap_or((200, "", page(second))));
    let mut command = Command::new(env!("CARGO_BIN_EXE_deskless"));
    command.args(["events", "tail", "--json", "--from-start", "--key", "dsk_sv_x", "--url", &server.url]);
    let tail = Process::start(command.current_dir(&folder));
    assert!(tail.line().contains(first) && tail.line().contains(second));
    let ended = tail.end();
    let errors = ended.err.join("\n");
    assert!(!ended.status.success() && errors.contains("Events have expired. "), "{errors}");
    assert!(errors.contains("Lost: events 3 to 9."), "{errors}");
    assert_eq!(continuation(&ended)[4..], ["--json", "--after", oldest], "{errors}");
    assert_eq!(errors.matches("The API is not available").count(), 2, "{errors}");
    let after: Vec<_> =
        (0..6).map(|_| server.request().head[0].split_once("limit=100").map(|(_, rest)| rest.to_owned())).collect();
    let after: Vec<_> = after.iter().map(|query| query.as_deref().and_then(|query| query.split(' ').next())).collect();
    let (none, one, two) = (Some(""), format!("&after={first}"), format!("&after={second}"));
    assert_eq!(after, [none, none, Some(&*one), Some(&*one), Some(&*one), Some(&*two)]);
}
