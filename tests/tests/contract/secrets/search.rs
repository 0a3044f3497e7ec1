//! Searches everything that is stored and logged for every secret.

use std::{
    cell::RefCell,
    io::Write,
    sync::{Arc, Mutex, Once},
};

use deskless_tests::{Row, Worker, World, record};
use flate2::{Compression, write::GzEncoder};
use http::Method;
use serde_json::json;
use tracing::Level;
use tracing_subscriber::{
    Layer,
    filter::{Targets, dynamic_filter_fn},
    layer::SubscriberExt,
};

use super::Secrets;

/// The lines of this test's thread.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

thread_local! {
    /// Where the lines of this thread go.
    static LINES: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// Ends the capture.
pub struct Capture;

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = LINES.take();
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the lock is not poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Captures what the functions log, at the lowest level that `DESKLESS_LOG` can set.
    ///
    /// All tests have one subscriber. If each had its own, lines would be lost while another test sets or drops one.
    pub fn capture(&self) -> Capture {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let writer = || LINES.with_borrow(|lines| lines.clone().unwrap_or_default());
            let is_captured = dynamic_filter_fn(|_, _| LINES.with_borrow(Option::is_some));
            let levels = Targets::new().with_default(Level::WARN).with_target("deskless", Level::TRACE);
            let lines = tracing_subscriber::fmt::layer().json().with_writer(writer).with_filter(is_captured);
            let subscriber = tracing_subscriber::registry().with(levels).with(lines);
            tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
        });
        LINES.set(Some(self.clone()));
        Capture
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("the lock is not poisoned").clone()
    }
}

#[tokio::test]
async fn no_secret_is_stored_or_logged_in_plain() {
    let log = Log::default();
    let _guard = log.capture();
    let secrets = Secrets::new().await;
    let world = &secrets.world;
    let ours = world.server_key();
    for kind in ["server", "client"] {
        let body = json!({ "name": "a", "kind": kind, "scopes": ["read:conversations"] });
        let made = ours.ask(Method::POST, "/api/v1/api-keys").header("idempotency-key", kind).json(&body);
        assert!(made.send().await.expect(201)["secret"].is_string());
        let repeat = ours.ask(Method::POST, "/api/v1/api-keys").header("idempotency-key", kind).json(&body);
        assert!(repeat.send().await.expect(201)["secret"].is_null());
    }
    let rotate = json!({ "rotateWebhookSecret": true });
    assert!(ours.patch(&secrets.automation, &rotate).await.expect(200)["webhookSecret"].is_string());
    let settings = json!({ "settings": { "accessToken": "EAAG-access-token-2", "appSecret": "app-secret-2" } });
    let _ = ours.patch(&secrets.inbox, &settings).await.expect(200);
    // Failures log more than successes: a refused token, a webhook that fails, and a record that is parked.
    let token = world.token(&secrets.identity, "cus_123");
    let _ = world.client_key().on_behalf_of(&token).get("/api/v1/conversations").await.expect(200);
    let damaged = format!("{}x", &token[..token.len() - 2]);
    let _ = world
        .client_key()
        .on_behalf_of(&damaged)
        .get("/api/v1/conversations")
        .await
        .expect_problem(401, "unauthorized");
    world.webhook_servers.respond_with(500);
    secrets.run_automation().await;
    let row = secrets.workspace_row().await;
    let conversations = world.rows().await.into_iter().find(|row| row.pk().contains("#C#") && row.sk() == "A");
    let mut broken = conversations.expect("a conversation");
    broken.set("messageCount", json!({ "S": row.0["identity"].to_string() }));
    assert!(world.deliver_once(Worker::Events, &[record(1, None, Some(&broken))]).await);
    assert_eq!(world.parked().len(), 2, "for the event log, and for the other consumers");
    // The secret of anonymous customers is never shown.
    let identity = world.tenant().await.identity().await.expect("the identity");
    world.known_secrets().note(identity.anonymous.as_ref().expect("a secret").reveal());

    let known = world.known_secrets().count();
    assert!(known >= 18, "only {known} secrets are known");
    assert_eq!(world.find_secrets().await, Vec::<String>::new());
    let lines = log.bytes();
    assert!(lines.windows(6).any(|text| text == b"status"), "requests are logged");
    assert_eq!(world.known_secrets().find("log", &lines), Vec::<String>::new());
}

#[tokio::test]
async fn search_finds_a_secret_wherever_it_is() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let world = World::new().await;
    let secret = world.key().secret.reveal().to_owned();
    assert_eq!(world.find_secrets().await, Vec::<String>::new());
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(format!("{{\"secret\":\"{secret}\"}}").as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    for (place, value) in [
        ("a text", json!({ "S": format!("a {secret} b") })),
        ("a map", json!({ "M": { "a": { "L": [{ "S": secret }] } } })),
        ("gzip", json!({ "B": BASE64_STANDARD.encode(&packed) })),
    ] {
        let row = Row(json!({ "pk": { "S": "planted" }, "sk": { "S": "A" }, "planted": value }));
        let before = world.find_secrets().await.len();
        world.put(&row).await;
        assert_eq!(world.find_secrets().await.len(), before + 2, "{place}: in the row and in its stream record");
        world.expire(&row).await;
        assert_eq!(world.find_secrets().await.len(), before + 2, "{place}: in the records of its creation and its end");
    }
    let before = world.find_secrets().await.len();
    std::fs::write(world.bucket_folder().join("planted"), &packed).expect("written");
    assert_eq!(world.find_secrets().await.len(), before + 1, "in an object");
}
