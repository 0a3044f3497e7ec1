//! Tests of the deployed client against a local server. The network resolves a host to a public address and connects to the
//! local server instead.

mod server;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use deskless_domain::{AttemptOutcome, Clock, Reach, Timestamp, WebhookHeaders, WebhookSecret, WebhookUrl};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::rustls::RootCertStore;

use self::server::{HOST, PUBLIC, Server, TestNetwork, network, read_request, roots, serve};
use super::{Answer, Client, Failure, Request, signature::sign};

fn secret() -> WebhookSecret {
    WebhookSecret::stored("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())
}

/// 2026-06-28T18:00:00.999Z. Each look at the clock takes 10 ms.
#[derive(Debug, Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_782_669_600_999 + self.0.fetch_add(10, Ordering::SeqCst))
    }
    fn fill_random(&self, _: &mut [u8]) {}
}

async fn call(client: &Client) -> Result<u16, Failure> {
    post(client, |_| ()).await.map(|answer| answer.status)
}

/// Sends a request to a public URL, with these changes.
async fn post(client: &Client, change: impl FnOnce(&mut Request<'_>)) -> Result<Answer, Failure> {
    let url = WebhookUrl::parse(format!("https://{HOST}/a?b=c")).expect("an address");
    post_to(client, &url, change).await
}

async fn post_to(client: &Client, url: &WebhookUrl, change: impl FnOnce(&mut Request<'_>)) -> Result<Answer, Failure> {
    let (secret, headers) = (secret(), WebhookHeaders::default());
    let mut request = Request {
        url,
        reach: Reach::Public,
        headers: &headers,
        secrets: &[&secret],
        id: "msg_1",
        body: br#"{"type":"test"}"#[..].into(),
        timeout: Request::TIMEOUT,
    };
    change(&mut request);
    client.post(request, &Ticking::default()).await
}

fn ok(_: &[u8]) -> Vec<u8> {
    b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()
}

#[tokio::test]
async fn call_is_signed_and_sent_to_resolved_address() {
    let server = serve(ok).await;
    let network = network(&server, vec![vec![PUBLIC]]);
    let client = Client::new(network.clone(), roots);
    assert_eq!(call(&client).await, Ok(204));
    assert_eq!(*network.dialled.lock().expect("no panic before"), [SocketAddr::new(PUBLIC, 443)]);
    let received = server.received.lock().expect("no panic before");
    let request = String::from_utf8(received[0].clone()).expect("text");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    let signature = sign(&[&secret()], "msg_1", Timestamp::from_millis(1_782_669_600_000), body.as_bytes());
    assert_eq!(body, r#"{"type":"test"}"#);
    for line in [
        "POST /a?b=c HTTP/1.1",
        "host: hooks.example.com",
        "content-type: application/json",
        "webhook-id: msg_1",
        "webhook-timestamp: 1782669600",
        &format!("webhook-signature: {}", signature.expect("a signature")),
    ] {
        assert!(head.lines().any(|actual| actual == line), "{line}\n{head}");
    }
}

#[tokio::test]
async fn host_with_private_address_is_rejected() {
    let server = serve(ok).await;
    for addresses in [
        vec!["127.0.0.1"],
        vec!["169.254.169.254"],
        vec!["93.184.215.14", "10.0.0.1"],
        vec!["93.184.215.14", "::ffff:127.0.0.1"],
        vec!["64:ff9b::7f00:1"],
    ] {
        let addresses = addresses.into_iter().map(|address| address.parse().expect("an address")).collect();
        let network = network(&server, vec![addresses]);
        assert_eq!(call(&Client::new(network.clone(), roots)).await, Err(Failure::NotPublic));
        assert!(network.dialled.lock().expect("no panic before").is_empty());
    }
    assert!(server.received.lock().expect("no panic before").is_empty());
}

#[tokio::test]
async fn dns_rebinding_is_prevented() {
    let server = serve(ok).await;
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let network = network(&server, vec![vec![PUBLIC], vec![loopback]]);
    let client = Client::new(network.clone(), roots);
    assert_eq!(call(&client).await, Ok(204));
    assert_eq!(network.resolved.load(Ordering::SeqCst), 1, "resolved once");
    assert_eq!(call(&client).await, Err(Failure::NotPublic));
    assert_eq!(*network.dialled.lock().expect("no panic before"), [SocketAddr::new(PUBLIC, 443)]);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = serve(|_| {
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: https://127.0.0.1/\r\ncontent-length: 0\r\n\r\n".to_vec()
    });
    let server = server.await;
    let network = network(&server, vec![vec![PUBLIC]]);
    let answer = post(&Client::new(network.clone(), roots), |_| ()).await.expect("an answer");
    assert_eq!((answer.status, answer.outcome()), (307, AttemptOutcome::Retry { after: None }));
    let reason = answer.check().expect_err("not a 2xx");
    assert_eq!(reason.message, "The host responded with 307 Temporary Redirect. Redirects are not followed.");
    assert_eq!(network.resolved.load(Ordering::SeqCst), 1);
    assert_eq!(server.received.lock().expect("no panic before").len(), 1);
}

#[tokio::test]
async fn error_status_is_an_answer() {
    let server = serve(|_| b"HTTP/1.1 503 -\r\nretry-after: 7\r\ncontent-length: 3\r\n\r\nBad".to_vec()).await;
    let answer = post(&Client::new(network(&server, vec![vec![PUBLIC]]), roots), |_| ()).await.expect("an answer");
    let after = Some(Duration::from_secs(7));
    let duration = Duration::from_millis(10);
    assert_eq!(answer, Answer { status: 503, retry_after: after, start_of_body: "Bad".to_owned(), duration });
    assert_eq!(answer.outcome(), AttemptOutcome::Retry { after });
    let reason = answer.check().expect_err("not a 2xx");
    assert_eq!(reason.message, "The host responded with 503 Service Unavailable. The status must be 2xx.");
}

#[tokio::test]
async fn first_kib_of_the_body_is_kept_as_text() {
    for (body, kept) in [
        (b"a\xffb".to_vec(), "a\u{fffd}b".to_owned()),
        (b"x".repeat(1024), "x".repeat(1024)),
        (b"x".repeat(5000), "x".repeat(1024)),
        // The last character is cut in the middle.
        ("\u{e4}".repeat(600).into_bytes().split_off(1), "\u{fffd}".to_owned() + &"\u{e4}".repeat(511)),
    ] {
        BODY.lock().expect("no panic before").clone_from(&body);
        let server = serve(|_| {
            let body = BODY.lock().expect("no panic before");
            let mut response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
            response.extend(&*body);
            response
        })
        .await;
        let answer = post(&Client::new(network(&server, vec![vec![PUBLIC]]), roots), |_| ()).await.expect("an answer");
        assert_eq!(answer.start_of_body, kept);
    }
}

/// The body that the server of [`first_kib_of_the_body_is_kept_as_text`] sends.
static BODY: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[tokio::test]
async fn caller_adds_headers_and_a_second_secret() {
    let server = serve(ok).await;
    let old = WebhookSecret::stored("whsec_AAAA".to_owned());
    let headers = vec![("Authorization".to_owned(), "Bearer s3cret".to_owned())];
    let headers = WebhookHeaders::parse(headers).expect("headers");
    // One that was stored before it was reserved.
    let stored: WebhookHeaders =
        serde_json::from_str(r#"[["webhook-id","evil"],["host","evil"],["x-a","b"]]"#).expect("headers");
    let client = Client::new(network(&server, vec![vec![PUBLIC]]), roots);
    let secrets = [&secret(), &old];
    for headers in [&headers, &stored] {
        let url = WebhookUrl::parse(format!("https://{HOST}/")).expect("an address");
        let body = Bytes::from_static(b"{}");
        let request = Request {
            url: &url,
            reach: Reach::Public,
            headers,
            secrets: &secrets,
            id: "msg_1",
            body,
            timeout: Request::TIMEOUT,
        };
        assert_eq!(client.post(request, &Ticking::default()).await.expect("an answer").status, 204);
    }
    let received = server.received.lock().expect("no panic before");
    let [first, second] = [0, 1].map(|i| String::from_utf8(received[i].clone()).expect("text"));
    let signature = sign(&secrets, "msg_1", Timestamp::from_millis(1_782_669_600_000), b"{}").expect("signatures");
    for line in ["authorization: Bearer s3cret", &format!("webhook-signature: {signature}")] {
        assert!(first.lines().any(|actual| actual == line), "{line}\n{first}");
    }
    assert!(second.contains("\r\nx-a: b\r\n") && !second.contains("evil"), "{second}");
}

#[tokio::test]
async fn loopback_is_reached_with_permission_only() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heads = tokio::spawn(async move {
        let mut heads = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            heads.push(String::from_utf8(read_request(&mut stream).await).expect("text"));
            stream.write_all(b"HTTP/1.1 204 -\r\n\r\n").await.expect("a connection");
        }
        heads
    });
    let client = Client::default();
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{port}/hook");
        let url = WebhookUrl::parse_within(url, Reach::PublicAndLoopback).expect("an address");
        assert_eq!(post_to(&client, &url, |_| ()).await, Err(Failure::NotPublic));
        let answer = post_to(&client, &url, |request| request.reach = Reach::PublicAndLoopback).await;
        assert_eq!(answer.map(|answer| answer.status), Ok(204));
    }
    let heads = heads.await.expect("no panic");
    assert!(heads[0].starts_with("POST /hook HTTP/1.1\r\n"), "{}", heads[0]);
    assert!(heads[1].contains(&format!("\r\nhost: 127.0.0.1:{port}\r\n")), "{}", heads[1]);
}

#[tokio::test]
async fn permission_does_not_open_private_addresses() {
    let server = serve(ok).await;
    for address in ["127.0.0.1", "::1", "10.0.0.1"] {
        let network = network(&server, vec![vec![address.parse().expect("an address")]]);
        let client = Client::new(network.clone(), roots);
        let answer = post(&client, |request| request.reach = Reach::PublicAndLoopback).await;
        assert_eq!(answer, Err(Failure::NotPublic), "a DNS name must resolve to public addresses");
        assert!(network.dialled.lock().expect("no panic before").is_empty());
    }
}

#[tokio::test]
async fn long_response_is_cut() {
    const LONG: usize = 32 * 1024 * 1024;
    let server = serve(|_| {
        let mut response = format!("HTTP/1.1 200 OK\r\ncontent-length: {LONG}\r\n\r\n").into_bytes();
        response.resize(LONG, b'x');
        response
    })
    .await;
    let client = Client::new(network(&server, vec![vec![PUBLIC]]), roots);
    assert_eq!(call(&client).await, Ok(200));
    // Not exactly 64 KiB, because buffers hold some of the response.
    assert!(server.written.load(Ordering::SeqCst) < LONG, "the whole response was read");
}

#[tokio::test]
async fn endless_response_head_is_unreadable() {
    let server = serve(|_| {
        let mut response = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
        response.resize(1024 * 1024, b'x');
        response
    })
    .await;
    let client = Client::new(network(&server, vec![vec![PUBLIC]]), roots);
    assert_eq!(call(&client).await, Err(Failure::InvalidResponse));
}

#[tokio::test]
async fn truncated_body_does_not_change_the_status() {
    // The body never arrives.
    let server = serve(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n".to_vec()).await;
    let client = Client::new(network(&server, vec![vec![PUBLIC]]), roots);
    assert_eq!(call(&client).await, Ok(200), "the connection was closed");
}

#[tokio::test]
async fn slow_body_does_not_change_the_status() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 -\r\ncontent-length: 10\r\n\r\nabc").await.expect("a connection");
        // The connection stays open.
        std::future::pending::<()>().await;
    });
    let url = WebhookUrl::parse_within(format!("http://localhost:{port}/"), Reach::PublicAndLoopback).expect("a URL");
    let client = Client::default();
    let answer = post_to(&client, &url, |request| {
        request.reach = Reach::PublicAndLoopback;
        // The body may take longer than the head.
        request.timeout = Duration::from_millis(500);
    });
    let answer = answer.await.expect("an answer");
    assert_eq!((answer.status, &*answer.start_of_body), (200, "abc"));
    server.abort();
}

#[tokio::test]
async fn silent_host_times_out() {
    let server = serve(ok).await;
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let server = Server { address: silent.local_addr().expect("an address"), ..server };
    let limit = Duration::from_millis(100);
    let limited = Client::new(network(&server, vec![vec![PUBLIC]]), roots).within(limit);
    assert_eq!(call(&limited).await, Err(Failure::Timeout(limit)));
    let client = Client::new(network(&server, vec![vec![PUBLIC]]), roots);
    let answer = post(&client, |request| request.timeout = limit).await;
    assert_eq!(answer, Err(Failure::Timeout(limit)));
}

#[tokio::test]
async fn untrusted_host_receives_nothing() {
    let server = serve(ok).await;
    let client = Client::new(network(&server, vec![vec![PUBLIC]]), RootCertStore::empty);
    assert_eq!(call(&client).await, Err(Failure::TlsFailed));
    assert!(server.received.lock().expect("no panic before").is_empty());
}

#[tokio::test]
async fn next_address_is_tried_after_a_refused_connection() {
    let server = serve(ok).await;
    let dead = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 13));
    let network = TestNetwork {
        resolutions: vec![vec![dead, PUBLIC], vec![dead], vec![]],
        resolved: AtomicUsize::new(0),
        server: server.address,
        dialled: Mutex::default(),
        dead: Some(dead),
    };
    let client = Client::new(Arc::new(network), roots);
    assert_eq!(call(&client).await, Ok(204));
    assert_eq!(call(&client).await, Err(Failure::Unreachable(443)));
    assert_eq!(call(&client).await, Err(Failure::HostNotFound));
}

#[tokio::test]
async fn body_over_1_mib_is_not_sent() {
    let server = serve(ok).await;
    let client = Client::new(network(&server, vec![vec![PUBLIC]]), roots);
    let send = |length: usize| post(&client, move |request| request.body = vec![b' '; length].into());
    assert_eq!(send(Request::MAX_BODY + 1).await, Err(Failure::Internal));
    assert_eq!(send(Request::MAX_BODY).await.map(|answer| answer.status), Ok(204));
}

#[test]
fn timeout_names_its_seconds() {
    let text = |seconds: f32| Failure::Timeout(Duration::from_secs_f32(seconds)).to_string();
    assert_eq!(text(5.0), "The host did not respond within 5 seconds.");
    assert_eq!(text(0.5), "The host did not respond within 0.5 seconds.");
}
