//! `deskless listen`.

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    events::{command, continuation, create, follow},
    process::Process,
    server::{Request, Server},
    stack::Stack,
};

fn event(request: &Request) -> Value {
    serde_json::from_str(&request.body).expect("JSON")
}

#[test]
fn listen_forwards_in_order_and_repeats_failures() {
    let stack = Stack::start("listen");
    // The first two attempts at the second event fail.
    let mut attempts = HashMap::new();
    let server = Server::start(move |request| {
        let attempt: &mut u32 = attempts.entry(event(request)["data"]["subject"].to_string()).or_default();
        *attempt += 1;
        let fails = event(request)["data"]["subject"] == "Second" && *attempt < 3;
        (if fails { 500 } else { 204 }, "", String::new())
    });
    let target = format!("{}/hook?a=b", server.url);
    let listen = follow(&stack, &["listen", "--forward-to", &target, "--type", "conversation.created"]);
    for subject in ["First", "Second", "Third"] {
        create(&stack, subject);
    }
    let received: Vec<_> = (0..5).map(|_| server.request()).collect();
    let subjects: Vec<_> = received.iter().map(|request| event(request)["data"]["subject"].clone()).collect();
    assert_eq!(subjects, ["First", "Second", "Second", "Second", "Third"]);
    for request in &received {
        assert_eq!(request.head[0], "POST /hook?a=b HTTP/1.1");
        assert_eq!(
            (request.header("webhook-id"), request.header("content-type")),
            (event(request)["id"].as_str().expect("an id"), "application/json",)
        );
        assert!(request.header("webhook-signature").starts_with("v1,"));
    }
    let lines: Vec<_> = (0..5).map(|_| listen.line()).collect();
    for (line, result) in lines.iter().zip(["204", "500", "500", "204", "204"]) {
        assert!(
            line.starts_with(&format!("POST /hook?a=b {result} ")) && line.contains(" ms conversation.created "),
            "{line}"
        );
    }
    assert!(lines[1].ends_with("retrying in 0.5 s"), "{}", lines[1]);

    let ended = listen.interrupt();
    assert!(ended.status.success(), "{ended:?}");
    let continuation = continuation(&ended);
    let words: Vec<_> = continuation.iter().map(String::as_str).collect();
    assert_eq!(words[..3], ["listen", "--forward-to", &target]);
    assert!(words[4].starts_with("whsec_") && words[5..7] == ["--type", "conversation.created"], "{words:?}");
    create(&stack, "While nobody listens");
    let listen = follow(&stack, &[&words[..], &["--json"]].concat());
    assert_eq!(event(&server.request())["data"]["subject"], "While nobody listens");
    let line: Value = serde_json::from_str(&listen.line()).expect("JSON");
    assert_eq!((&line["status"], &line["outcome"]), (&204.into(), &"delivered".into()));
    assert!(listen.interrupt().status.success() && server.is_quiet());
}

#[test]
fn secret_of_the_environment_is_not_printed() {
    let stack = Stack::start("listen-secret");
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut listen = command(&stack, &["listen", "--forward-to", "http://localhost:1/"]);
    let listen = Process::start(listen.env("DESKLESS_LISTEN_SECRET", secret));
    listen.wait_for_note("Press Ctrl-C to stop");
    let ended = listen.interrupt();
    assert!(ended.status.success() && !format!("{ended:?}").contains("whsec_"), "{ended:?}");
}

#[test]
fn listen_accepts_loopback_targets_only() {
    let stack = Stack::start("listen-targets");
    for (arguments, sentence) in [
        (vec!["--forward-to", "http://example.com/hook"], "must be an http:// URL on this machine"),
        (vec!["--forward-to", "http://10.0.0.1/hook"], "must be an http:// URL on this machine"),
        (vec!["--forward-to", "http://localhost:0/"], "port"),
        (vec!["--forward-to", "http://localhost/", "--secret", "abc"], "24 to 64 bytes in base64"),
        (vec![], "--forward-to"),
    ] {
        let error = stack.failure(&[&["listen"], &arguments[..]].concat());
        assert!(error.contains(sentence), "{arguments:?}: {error}");
    }
}
