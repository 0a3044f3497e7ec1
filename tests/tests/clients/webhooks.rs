//! The `standardwebhooks` packages of `PyPI` and npm verify the exact bytes and headers of a delivery.

use std::{
    net::Ipv4Addr,
    path::Path,
    process::{Output, Stdio},
};

use deskless_domain::{Clock, Reach, WebhookHeaders, WebhookSecret, WebhookUrl};
use deskless_outbound::{Client, Request};
use deskless_runtime::SystemClock;
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    process::Command,
};

use crate::{folder, source, tool};

const ID: &str = "8b5a1ad3-9f0c-8d11-8000-000000000001";
/// Text beyond ASCII, and numbers and escapes that a parser would write differently.
const BODY: &str = r#"{"id":"8b5a1ad3-9f0c-8d11-8000-000000000001","type":"message.created","data":{"body":"Grüße \u00fc 🎉\n","n":1.10}}"#;

/// Sends a delivery to a server in this process, and returns its headers.
async fn delivered(secrets: &[&WebhookSecret]) -> Map<String, Value> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let url = WebhookUrl::parse_within(url, Reach::PublicAndLoopback).expect("a URL");
    let headers = WebhookHeaders::parse(vec![("Authorization".to_owned(), "Bearer x".to_owned())]).expect("headers");
    let request = Request {
        url: &url,
        reach: Reach::PublicAndLoopback,
        headers: &headers,
        secrets,
        id: ID,
        body: BODY.into(),
        timeout: Request::TIMEOUT,
    };
    let client = Client::default();
    let (answer, received) = tokio::join!(client.post(request, &SystemClock), receive(&listener));
    assert_eq!(answer.expect("an answer").status, 204);
    let (head, body) = received.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body, BODY, "the body is sent as it is");
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

/// Receives one request, and responds with 204.
async fn receive(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut bytes = Vec::new();
    while !bytes.ends_with(BODY.as_bytes()) {
        let read = stream.read_buf(&mut bytes).await.expect("a request");
        assert!(read > 0, "the request ends early");
    }
    stream.write_all(b"HTTP/1.1 204 -\r\n\r\n").await.expect("sent");
    String::from_utf8(bytes).expect("text")
}

/// Returns deliveries that receivers accept, and ones that they must reject.
async fn cases() -> Value {
    let (new, old, other) = (
        WebhookSecret::generate(&SystemClock),
        WebhookSecret::generate(&SystemClock),
        WebhookSecret::generate(&SystemClock),
    );
    let (one, both) = (delivered(&[&new]).await, delivered(&[&new, &old]).await);
    let changed = |name: &str, value: String| {
        let mut headers = one.clone();
        headers.insert(name.to_owned(), value.into());
        headers
    };
    let at = |minutes: i64| {
        changed("webhook-timestamp", SystemClock.now().plus_seconds(minutes * 60).as_seconds().to_string())
    };
    let mut without_signature = one.clone();
    without_signature.remove("webhook-signature");
    let no_match = "No matching signature found";
    let cases = [
        ("right secret", &new, &one, BODY.to_owned(), "message.created"),
        ("wrong secret", &other, &one, BODY.to_owned(), no_match),
        ("changed body", &new, &one, BODY.replace("1.10", "1.1"), no_match),
        ("changed id", &new, &changed("webhook-id", ID.replace('b', "c")), BODY.to_owned(), no_match),
        ("changed time", &new, &at(1), BODY.to_owned(), no_match),
        ("old", &new, &at(-6), BODY.to_owned(), "Message timestamp too old"),
        ("from the future", &new, &at(6), BODY.to_owned(), "Message timestamp too new"),
        ("no signature", &new, &without_signature, BODY.to_owned(), "Missing required headers"),
        ("new secret during a rotation", &new, &both, BODY.to_owned(), "message.created"),
        ("old secret during a rotation", &old, &both, BODY.to_owned(), "message.created"),
        ("wrong secret during a rotation", &other, &both, BODY.to_owned(), no_match),
    ];
    cases
        .map(|(name, secret, headers, body, outcome)| {
            json!({ "name": name, "secret": secret.reveal(), "headers": headers, "body": body, "outcome": outcome })
        })
        .into_iter()
        .collect()
}

/// Runs a program that verifies the cases.
async fn verify(program: &mut Command) {
    let mut child =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(cases().await.to_string().as_bytes()).await.expect("it reads");
    drop(input);
    let Output { status, stdout, stderr } = child.wait_with_output().await.expect("it ends");
    assert!(status.success() && stdout == b"ok\n", "{}", String::from_utf8_lossy(&stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn python_package_verifies_deliveries() {
    let Some(python) = tool("DESKLESS_DIALECT_PYTHON") else { return };
    verify(Command::new(python).arg(source("webhooks").join("verify.py"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_package_verifies_deliveries() {
    let (Some(node), Some(modules)) = (tool("DESKLESS_NODE"), tool("DESKLESS_NODE_MODULES")) else { return };
    let folder = folder("webhooks");
    std::os::unix::fs::symlink(&modules, folder.join("node_modules")).expect("a link");
    std::fs::write(folder.join("package.json"), r#"{ "type": "module" }"#).expect("a file");
    crate::copy(&source("webhooks"), &folder, &["verify.ts"]);
    let compiler = Path::new(&modules).join("typescript/bin/tsc");
    let options = "--strict --target es2022 --module nodenext --skipLibCheck --types node --outDir . verify.ts";
    let _ = crate::run(Command::new(&node).arg(compiler).args(options.split(' ')).current_dir(&folder)).await;
    verify(Command::new(&node).arg("verify.js").current_dir(&folder)).await;
}
