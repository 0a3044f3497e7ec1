//! Runs the `deskless` command as a user does, against its own local stack.

mod events;
mod guide;
mod listen;
mod process;
mod server;
mod stack;

use std::path::PathBuf;

use serde_json::json;

use stack::{Stack, run};

#[test]
fn workspaces_and_keys_are_created_listed_and_revoked() {
    let stack = Stack::start("workspaces-and-keys");
    let created = stack.json(&["workspace", "create", "Example Co"]);
    let workspace = created["workspace"]["id"].as_str().expect("an id");
    let all = stack.json(&["workspace", "list"]);
    assert!(all["workspaces"].as_array().expect("a list").contains(&created["workspace"]));

    let scopes = "read:conversations,write:conversations";
    let arguments = ["key", "create", "--workspace", workspace, "--name", "Back end", "--scope", scopes];
    let key = stack.json(
        &[&arguments[..], &["--expires", "90d", "--origin", "https://app.example.com", "--rate-limit", "2000"]]
            .concat(),
    );
    assert!(key["secret"].as_str().expect("a secret").starts_with("dsk_sv_"));
    assert_eq!(key["apiKey"]["scopes"], serde_json::json!(["read:conversations", "write:conversations"]));
    assert_eq!(key["apiKey"]["allowedOrigins"], serde_json::json!(["https://app.example.com"]));
    assert!(key["apiKey"]["expiresAt"].is_string());
    assert_eq!(key["apiKey"]["rateLimit"], 2000);
    let client = stack.json(&["key", "create", "--workspace", workspace, "--name", "Browser", "--kind", "client"]);
    assert!(client["secret"].as_str().expect("a secret").starts_with("dsk_cl_"));

    let listed = stack.json(&["key", "list", "--workspace", workspace]);
    assert_eq!(listed["apiKeys"], serde_json::json!([key["apiKey"], client["apiKey"]]));
    assert!(!listed.to_string().contains(key["secret"].as_str().expect("a secret")), "lists show no secrets");
    let id = key["apiKey"]["id"].as_str().expect("an id");
    let revoked = stack.json(&["key", "revoke", "--workspace", workspace, id]);
    assert!(revoked["apiKey"]["revokedAt"].is_string());
    assert_eq!(stack.json(&["key", "revoke", "--workspace", workspace, id]), revoked, "revoking twice is idempotent");

    let plain = stack.run(&["key", "list", "--workspace", workspace]);
    let plain = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert!(plain.contains("revoked") && plain.contains("Back end") && plain.lines().count() == 2, "{plain}");
}

#[test]
fn identity_secret_is_rotated_and_signs_tokens() {
    let stack = Stack::start("identity");
    let created = stack.json(&["workspace", "create", "Example Co"]);
    let workspace = created["workspace"]["id"].as_str().expect("an id");
    let sign = ["identity", "token", "--workspace", workspace, "--customer", "cus_123"];
    assert!(stack.failure(&sign).contains("deskless identity rotate"));
    let first = stack.json(&["identity", "rotate", "--workspace", workspace]);
    let second = stack.json(&["identity", "rotate", "--workspace", workspace]);
    assert!(first["secret"].as_str().expect("a secret").starts_with("dsk_id_"));
    assert_ne!(first["identitySecret"]["id"], second["identitySecret"]["id"]);
    let token = stack.json(&sign)["customerToken"].as_str().expect("a token").to_owned();
    assert_eq!(token.split('.').count(), 3);
    assert!(stack.failure(&[&sign[..], &["--minutes", "1441"]].concat()).contains("1440"));
    assert!(stack.failure(&[&sign[..5], &["a b"]].concat()).contains("must have only letters"));
    let env = std::fs::read_to_string(stack.folder.join(".local/dev.env")).expect("dev.env");
    for name in ["DESKLESS_WORKSPACE=", "DESKLESS_IDENTITY_SECRET=dsk_id_", "DESKLESS_CUSTOMER_TOKEN=ey"] {
        assert!(env.contains(name), "{env}");
    }
}

#[test]
fn bulk_watch_waits_until_action_ends() {
    let stack = Stack::start("bulk");
    for _ in 0..3 {
        let conversation = serde_json::json!({ "subject": "Hello", "customer": { "id": "cus_1" } });
        assert!(stack.post("conversations", &conversation)["conversation"]["id"].is_string());
    }
    let body = serde_json::json!({ "action": "tag", "add": ["a"], "filter": { "status": "open" } });
    let started = stack.post("bulk-actions", &body);
    let watched = stack.json(&["bulk", "watch", started["bulkAction"]["id"].as_str().expect("an id")]);
    assert_eq!(
        (&watched["bulkAction"]["status"], &watched["bulkAction"]["processedCount"]),
        (&"succeeded".into(), &3.into())
    );

    let stranger = "01900000-0000-7000-8000-000000000001";
    let body = serde_json::json!({ "action": "delete", "conversationIds": [stranger] });
    let failed = stack.post("bulk-actions", &body);
    let output = stack.run(&["bulk", "watch", failed["bulkAction"]["id"].as_str().expect("an id")]);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success() && err.contains("failed on 1 of 1 conversations"), "{err}");
    assert!(out.contains("delete succeeded: 1 of 1 processed, 1 failed") && out.contains(stranger), "{out}");

    assert!(stack.failure(&["bulk", "watch", stranger]).contains("does not exist in this workspace"));
    assert!(stack.failure(&["bulk", "watch", "7"]).contains("must be a bulk action ID"));
    assert!(stack.failure(&["bulk", "watch", stranger, "--key", "dsk_sv_x"]).contains("malformed"));
    let nowhere = ["bulk", "watch", stranger, "--url", "http://127.0.0.1:1"];
    assert!(stack.failure(&nowhere).contains("cannot connect to http://127.0.0.1:1"));
}

#[test]
fn invalid_arguments_are_explained() {
    let stack = Stack::start("wrong");
    let created = stack.json(&["workspace", "create", "Example Co"]);
    let workspace = created["workspace"]["id"].as_str().expect("an id");
    let stranger = "01900000-0000-7000-8000-000000000001";
    let create =
        |more: &[&str]| stack.failure(&[&["key", "create", "--workspace", workspace, "--name", "x"], more].concat());
    assert!(create(&["--kind", "robot"]).contains("must be one of server, client"));
    assert!(create(&["--scope", "read:everything"]).contains("must be one of read:conversations"));
    assert!(create(&["--expires", "yesterday"]).contains("90d"));
    assert!(create(&["--expires", "2020-01-01T00:00:00Z"]).contains("must be in the future"));
    assert!(create(&["--rate-limit", "0"]).contains("from 1 to 1000000"));
    assert!(create(&["--origin", "https://a.example/path"]).contains("without a path"));
    assert!(stack.failure(&["workspace", "create", ""]).contains("must not be empty"));
    for (id, error) in [("7", "must be a workspace ID"), (stranger, "no workspace has the ID")] {
        for command in [
            ["key", "list", "--workspace", id].as_slice(),
            &["key", "create", "--name", "x", "--workspace", id],
            &["key", "revoke", stranger, "--workspace", id],
            &["identity", "rotate", "--workspace", id],
            &["identity", "token", "--customer", "cus_1", "--workspace", id],
            &["workspace", "shards", id, "2"],
            &["workspace", "limit", id, "10"],
            &["workspace", "recount", id],
            &["workspace", "export", id, "--to", "x.jsonl"],
            &["workspace", "delete", id, "--confirm", "x"],
        ] {
            let failure = stack.failure(command);
            assert!(failure.contains(error), "{command:?}: {failure}");
            assert!(failure.contains("list them with `deskless workspace list`"), "{command:?}: {failure}");
        }
    }
    let revoke = stack.failure(&["key", "revoke", "--workspace", workspace, stranger]);
    assert!(revoke.contains("has no key"), "{revoke}");
}

#[test]
fn upload_signs_posts_and_registers_file() {
    let stack = Stack::start("upload");
    std::fs::write(stack.folder.join("Grüße.png"), "not really").expect("a file is written");
    let file = stack.json(&["upload", "Grüße.png"]);
    assert_eq!(
        (&file["fileName"], &file["contentType"], &file["size"], &file["status"], &file["conversationId"]),
        (&json!("Grüße.png"), &json!("image/png"), &json!(10), &json!("ready"), &json!(null))
    );
    let plain = stack.run(&["upload", "Grüße.png", "--name", "a", "--content-type", "text/plain"]);
    let plain = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert!(plain.starts_with("Uploaded a (text/plain, 10 B) as file "), "{plain}");
    let kept = stack.folder.join(".local/s3/deskless-files/files");
    assert!(kept.is_dir(), "the bucket is stored in the stack's folder");

    std::fs::write(stack.folder.join("empty"), "").expect("a file is written");
    for (arguments, sentence) in [
        (vec!["upload", "missing"], "cannot read missing"),
        (vec!["upload", "empty"], "the size of empty must be at least 1 byte"),
        (vec!["upload", "Grüße.png", "--content-type", "png"], "`contentType` must be a media type"),
        (vec!["upload", "Grüße.png", "--conversation", "7"], "must be a conversation ID"),
        (
            vec!["upload", "Grüße.png", "--conversation", "01900000-0000-7000-8000-000000000001"],
            "`conversationId` must be the id of an existing conversation",
        ),
        (vec!["upload", "Grüße.png", "--key", "dsk_sv_x"], "The API key is malformed"),
        (vec!["upload", "Grüße.png", "--url", "http://127.0.0.1:1"], "cannot connect to"),
    ] {
        let error = stack.failure(&arguments);
        assert!(error.contains(sentence), "{arguments:?}: {error}");
    }
}

#[test]
fn missing_local_stack_is_explained() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("nothing-here");
    std::fs::create_dir_all(&folder).expect("a folder");
    let output = run(&folder, &["workspace", "list"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("make dev") && text.contains("--table"), "{text}");
    std::fs::write(folder.join("a.txt"), "hello").expect("a file is written");
    let output = run(&folder, &["upload", "a.txt"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("make dev") && text.contains("--url"), "{text}");
}

/// Sends a request line by line and returns the status and the headers.
fn raw(url: &str, lines: &[&str]) -> (u16, String) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://")).expect("the port is open");
    let request = format!("{}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", lines.join("\r\n"));
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer.to_ascii_lowercase())
}

#[test]
fn ports_refuse_web_pages_and_foreign_hosts() {
    let stack = Stack::start("ports");
    let env = std::fs::read_to_string(stack.folder.join(".local/dev.env")).expect("dev.env");
    let value = |name: &str| env.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).expect("a value");
    let [api, engine, s3] = ["DESKLESS_URL", "DESKLESS_DYNAMODB_URL", "DESKLESS_S3_URL"].map(value);
    let list = "GET /deskless-files?list-type=2 HTTP/1.1";
    let scan = "POST / HTTP/1.1";
    let docs = "GET /api/v1/openapi.json HTTP/1.1";
    let target = "x-amz-target: DynamoDB_20120810.ListTables";
    for (url, line) in [(api, docs), (engine, scan), (s3, list)] {
        for host in ["evil.example", "localhost.evil.example:80", "127.0.0.1.nip.io"] {
            let (status, answer) = raw(url, &[line, &format!("host: {host}"), target]);
            assert_eq!((status, answer.contains("access-control")), (403, false), "{url} {host}: {answer}");
        }
        for host in ["localhost", "127.0.0.1:9000", "[::1]:9000", "LOCALHOST:1"] {
            let (_, answer) = raw(url, &[line, &format!("host: {host}"), target]);
            assert!(!answer.contains("`host` must be"), "{url} {host}: {answer}");
        }
    }
    // The API has CORS of its own. The engine and S3 refuse web pages, with or without an origin.
    assert_eq!(raw(api, &[docs, "host: localhost", "origin: https://app.example"]).0, 200);
    for of_page in ["origin: https://evil.example", "origin: null", "sec-fetch-site: cross-site"] {
        for (url, line) in [(engine, scan), (engine, "OPTIONS / HTTP/1.1"), (s3, list), (s3, "GET / HTTP/1.1")] {
            let (status, answer) = raw(url, &[line, "host: localhost", of_page, target]);
            assert_eq!((status, answer.contains("access-control")), (403, false), "{url} {line} {of_page}: {answer}");
        }
    }
    assert_eq!(raw(engine, &[scan, "host: localhost", "sec-fetch-site: none", target]).0, 400, "no body");
    let preflight = ["host: localhost", "origin: https://app.example", "access-control-request-method: POST"];
    let (status, answer) = raw(s3, &[&["OPTIONS /deskless-files HTTP/1.1"], preflight.as_slice()].concat());
    assert!(status == 200 && answer.contains("access-control-allow-origin: *"), "pages may upload: {answer}");
    assert!(!answer.contains("put") && !answer.contains("delete"), "{answer}");
}

#[test]
fn files_of_the_local_stack_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let stack = Stack::start("private");
    let folder = stack.folder.join(".local");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let entries = std::fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.path());
    let names: Vec<_> = entries.filter(|path| mode(path) != if path.is_dir() { 0o700 } else { 0o600 }).collect();
    assert_eq!(names, Vec::<PathBuf>::new());
    for name in ["secrets.key", "dev.env", "dynamodb.sqlite"] {
        assert!(folder.join(name).exists(), "{name}");
    }
}

#[test]
fn data_key_is_rotated_only_by_its_own_command() {
    let stack = Stack::start("secrets");
    let folder = stack.folder.join(".local");
    let key = std::fs::read_to_string(folder.join("secrets.key")).expect("a key file");
    assert_eq!(key.trim().len(), 44, "32 bytes in base64");
    let help = stack.run(&["secrets", "rotate", "--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("three minutes"));
    std::fs::write(folder.join("secrets.key"), "short").expect("written");
    let error = stack.failure(&["workspace", "list"]);
    assert!(error.contains("is not a key file"), "{error}");
}
