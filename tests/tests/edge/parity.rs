//! `deskless dev` and `deskless serve` answer the same, also to requests that few clients send.

use std::{collections::BTreeMap, io::Read, net::Ipv4Addr};

use flate2::read::GzDecoder;
use nix::sys::signal::Signal;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    local_stack::{Stack, deskless, dev},
    processes::{Folder, free_ports, read_env},
};

/// A request: its first line without the version, headers and a body. `KEY` is replaced with the API key.
type Raw = (&'static str, &'static [&'static str], &'static [u8]);

const KEY: &str = "Authorization: Bearer KEY";
const JSON: &str = "Content-Type: application/json";
const GZIP: &str = "Accept-Encoding: gzip";
const CUSTOMER: &[u8] = br#"{"id":"a@b.c","name":"Ada","email":"a@b.c"}"#;

const REQUESTS: &[Raw] = &[
    // Creates what later requests read.
    ("POST /api/v1/customers", &[KEY, JSON], CUSTOMER),
    // Encoded characters in paths
    ("GET /api/v1/customers/a%40b.c", &[KEY], b""),
    ("GET /api/v1/customers/a@b.c", &[KEY], b""),
    ("GET /api/v1/%63ustomers/a%40b.c", &[KEY], b""),
    ("GET /api/v1/customers/a%2Fb", &[KEY], b""),
    ("GET /api/v1/customers/%20", &[KEY], b""),
    ("GET /api/v1/customers/a%3Fb%23c%25", &[KEY], b""),
    ("GET /api/v1/customers/%FF", &[KEY], b""),
    ("GET /api/v1/customers/%00", &[KEY], b""),
    ("GET /api/v1/customers/%zz", &[KEY], b""),
    ("GET /api/v1/customers/a+b", &[KEY], b""),
    ("GET /api/v1/customers/%C3%A4", &[KEY], b""),
    // Queries
    ("GET /api/v1/customers?email=a%40b.c", &[KEY], b""),
    ("GET /api/v1/customers?email=a@b.c&email=d@e.f", &[KEY], b""),
    ("GET /api/v1/conversations?limit=%zz", &[KEY], b""),
    ("GET /api/v1/conversations?limit=", &[KEY], b""),
    ("GET /api/v1/conversations?", &[KEY], b""),
    ("GET /api/v1/conversations?customerId=%FF", &[KEY], b""),
    ("GET /api/v1/conversations?customerId=a+b%2Bc", &[KEY], b""),
    // Pages
    ("GET /", &[], b""),
    ("GET /docs", &[], b""),
    ("GET /docs/scalar.LICENSE", &[], b""),
    ("GET /docs/%FF", &[], b""),
    // Dialects, which have one greedy route each
    ("GET /dialects/bancroft/api/v1/conversations/", &[KEY], b""),
    ("GET /dialects/bancroft/api/v1/conversations", &[KEY], b""),
    ("GET /dialects/bancroft/no/such/route/", &[KEY], b""),
    ("GET /dialects/bancroft", &[KEY], b""),
    ("GET /dialects/bancroft/", &[KEY], b""),
    ("GET /dialects/apex/conversations?%24limit=1&status%5B%24ne%5D=open", &[KEY], b""),
    ("PUT /dialects/openai/v1/conversations", &[KEY], b""),
    ("GET /dialects/unknown/v1", &[KEY], b""),
    // Paths without a route
    ("GET /api/v1/conversations/", &[KEY], b""),
    ("GET //api/v1/conversations", &[KEY], b""),
    ("GET /api/v1//conversations", &[KEY], b""),
    ("GET /api/v1/customers/a@b.c/", &[KEY], b""),
    ("GET /api/v1/nothing", &[KEY], b""),
    ("GET /api/v1/nothing", &[], b""),
    ("POST /api/v1/nothing", &[KEY, JSON], b"{}"),
    ("GET /API/V1/conversations", &[KEY], b""),
    ("GET /api/v1/../v1/conversations", &[KEY], b""),
    // Methods
    ("HEAD /api/v1/customers/a%40b.c", &[KEY, GZIP], b""),
    ("HEAD /api/v1/customers/a%40b.c", &[KEY], b""),
    ("HEAD /api/v1/openapi.json", &[GZIP], b""),
    ("HEAD /api/v1/openapi.json", &[], b""),
    ("HEAD /api/v1/nothing", &[], b""),
    ("PUT /api/v1/conversations", &[KEY], b""),
    ("DELETE /api/v1/openapi.json", &[KEY], b""),
    ("OPTIONS /api/v1/conversations", &[], b""),
    ("OPTIONS /api/v1/conversations", &["Origin: https://example.com", "Access-Control-Request-Method: POST"], b""),
    // Bodies
    ("POST /api/v1/conversations", &[KEY, JSON], b""),
    ("POST /api/v1/conversations", &[KEY, JSON], b"{"),
    ("POST /api/v1/conversations", &[KEY, JSON], b"\xff\xfe{}"),
    ("POST /api/v1/conversations", &[KEY, JSON], b"{\"subject\":\"\xff\"}"),
    ("POST /api/v1/conversations", &[KEY, "Content-Type: application/octet-stream"], b"\x00\x01"),
    ("POST /api/v1/conversations", &[KEY, "Content-Type: application/json; charset=utf-16"], b"{}"),
    ("POST /api/v1/conversations", &[KEY], b"{}"),
    ("GET /api/v1/customers/a%40b.c", &[KEY, JSON], b"{\"a\":1}"),
    // Headers
    ("GET /api/v1/openapi.json", &[GZIP], b""),
    ("GET /api/v1/customers/a%40b.c", &[KEY, "If-None-Match: \"1\""], b""),
    ("GET /api/v1/customers/a%40b.c", &[KEY, "If-None-Match: \"0\"", "If-None-Match: \"1\""], b""),
    ("GET /api/v1/customers/a%40b.c", &[KEY, "Cookie: a=b", "Cookie: c=d"], b""),
    ("GET /api/v1/customers/a%40b.c", &[KEY, "Authorization: Bearer other"], b""),
    ("GET /api/v1/customers/a%40b.c", &["Authorization: Bearer ä"], b""),
    ("GET /api/v1/customers/a%40b.c", &["Authorization:"], b""),
    ("GET /api/v1/customers/a%40b.c", &[KEY, "Origin: https://example.com"], b""),
    ("GET /api/v1/customers/a%40b.c", &[KEY, "Accept: text/html"], b""),
    // Encodings
    ("GET /api/v1/customers/a%40b.c", &[KEY, "Accept-Encoding: identity;q=0"], b""),
    ("GET /api/v1/openapi.json", &["Accept-Encoding: gzip;q=0, *"], b""),
    ("GET /api/v1/openapi.json", &["Accept-Encoding: identity;q=0.1", "Accept-Encoding: gzip"], b""),
    ("POST /api/v1/customers", &[KEY, JSON, "Accept-Encoding: identity;q=0"], CUSTOMER),
    ("POST /api/v1/customers", &[KEY, JSON, "Content-Encoding: gzip"], CUSTOMER),
    // Conditions
    ("GET /api/v1/customers/a%40b.c", &[KEY, GZIP, "If-None-Match: *"], b""),
    ("GET /api/v1/customers/a%40b.c", &[KEY, "If-None-Match: \"9\",,*"], b""),
    ("HEAD /api/v1/customers/a%40b.c", &[KEY, "If-None-Match: *"], b""),
    ("PATCH /api/v1/customers/a%40b.c", &[KEY, JSON, "If-Match: \"01\""], b"{}"),
    ("PATCH /api/v1/customers/a%40b.c", &[KEY, JSON, "If-Match: \"\u{e4}"], b"{}"),
    ("PATCH /api/v1/customers/a%40b.c", &[KEY, "Content-Type: application/json-patch+json"], b"[]"),
    ("PATCH /api/v1/customers/a%40b.c", &[KEY, "Content-Type: application/merge-patch+json"], b"{\"name\":\"A\"}"),
    ("POST /api/v1/customers", &[KEY, JSON, "Idempotency-Key: "], CUSTOMER),
    ("POST /api/v1/customers", &[KEY, JSON, "Idempotency-Key: a", "Idempotency-Key: b"], CUSTOMER),
    ("DELETE /api/v1/views/0190a000-0000-7000-8000-000000000001", &[KEY], b""),
];

/// The size of a body that does not fit into the buffers of a connection.
const LARGE: usize = 8 * 1024 * 1024;

/// A response without what differs between two servers or two moments.
#[derive(Debug, PartialEq)]
struct Answer {
    status: String,
    headers: BTreeMap<String, Vec<String>>,
    body: Value,
    unpacked_length: usize,
}

async fn send(port: u16, key: &str, (line, headers, body): &Raw) -> Answer {
    let mut request = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: same\r\n");
    for header in *headers {
        request.push_str(&header.replace("KEY", key));
        request.push_str("\r\n");
    }
    if !body.is_empty() || line.starts_with("POST") {
        request = format!("{request}Content-Length: {}\r\n", body.len());
    }
    request.push_str("\r\n");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("a connection");
    stream.write_all(&[request.as_bytes(), body].concat()).await.expect("a request");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.expect("a response");
    read(&response)
}

fn read(response: &[u8]) -> Answer {
    let end = response.windows(4).position(|four| four == b"\r\n\r\n").expect("headers");
    let head = String::from_utf8_lossy(&response[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().expect("a status").to_owned();
    let mut headers = BTreeMap::<_, Vec<_>>::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers.entry(name.to_ascii_lowercase()).or_default().push(value.to_owned());
    }
    headers.remove("date");
    // Each process of a function leases requests of its own.
    if let Some(rest) = headers.get_mut("ratelimit") {
        rest.clear();
    }
    let chunked = headers.remove("transfer-encoding").is_some();
    let mut body = response[end + 4..].to_vec();
    if chunked {
        body = dechunked(&body);
    }
    if headers.get("content-encoding").is_some_and(|values| values == &["gzip"]) && !body.is_empty() {
        let mut unpacked = Vec::new();
        GzDecoder::new(body.as_slice()).read_to_end(&mut unpacked).expect("gzip");
        body = unpacked;
        // The gateway knows the length of a compressed body, a server that compresses as it sends does not.
        headers.remove("content-length");
    }
    let mut json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    without_times(&mut json);
    let varies = json != Value::Null && headers.contains_key("etag");
    let unpacked_length = if varies { 0 } else { body.len() };
    Answer { status, headers, body: json, unpacked_length }
}

fn dechunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|two| two == b"\r\n").expect("a chunk's size");
        let size = std::str::from_utf8(&body[..line]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let (start, size) = (line + 2, size.expect("a size"));
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[start..start + size]);
        body = &body[start + size + 2..];
    }
}

/// Removes times, which differ.
fn without_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("At"));
            fields.values_mut().for_each(without_times);
        }
        Value::Array(values) => values.iter_mut().for_each(without_times),
        _ => {}
    }
}

/// Sends a large body with a wrong key and then another request, on one connection. The server rejects the key without looking
/// at the body, and must read it nevertheless: otherwise the client's write fails, and it never sees the response.
async fn expect_reusable_connection(port: u16) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("a connection");
    let head = "POST /api/v1/conversations HTTP/1.1\r\nHost: localhost\r\nX-API-Key: wrong\r\nContent-Type: application/json\r\n";
    let first = format!("{head}Content-Length: {LARGE}\r\n\r\n");
    let second = "GET /api/v1/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for part in [first.as_bytes(), &vec![b' '; LARGE], second.as_bytes()] {
        stream.write_all(part).await.expect("the server reads everything");
    }
    let mut responses = Vec::new();
    stream.read_to_end(&mut responses).await.expect("two responses");
    let responses = String::from_utf8_lossy(&responses);
    let statuses: Vec<_> = responses.split("HTTP/1.1 ").skip(1).map(|response| &response[..3]).collect();
    assert_eq!(statuses, ["401", "404"], "{responses}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_and_serve_answer_the_same() {
    let folders = [Folder::new("parity-dev"), Folder::new("parity-serve")];
    let ports = [free_ports().0, free_ports().0];
    let stacks = [
        Stack::start(dev(&folders[0], ports[0]).await).await,
        Stack::start(deskless("serve", &folders[1], ports[1]).await).await,
    ];
    let keys = folders.each_ref().map(|folder| read_env(&folder.path().join("dev.env"))["DESKLESS_API_KEY"].clone());
    let mut different = Vec::new();
    for request in REQUESTS {
        let (dev, serve) = (send(ports[0], &keys[0], request).await, send(ports[1], &keys[1], request).await);
        if dev != serve {
            different.push(format!("{request:?}\n  dev:   {dev:?}\n  serve: {serve:?}"));
        }
    }
    for port in ports {
        expect_reusable_connection(port).await;
    }
    for stack in stacks {
        stack.stop(Signal::SIGTERM).await;
    }
    assert!(different.is_empty(), "{} requests differ:\n{}", different.len(), different.join("\n"));
}
