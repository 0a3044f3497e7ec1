use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
};
use deskless_domain::{WebhookEndpointId, WorkspaceId};
use deskless_store::{DeliveryTarget, StartDelivery, StoreError};
use serde_json::{Value, json};

use super::Lambda;
use crate::SystemClock;

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:d:live";

/// The statuses to respond with, and the requests.
#[derive(Clone)]
struct Fake(Arc<Mutex<(Vec<u16>, Vec<Received>)>>);

/// A path, headers and a body.
type Received = (String, String, Value);

async fn respond(State(fake): State<Fake>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.expect("a body");
    let mut inner = fake.0.lock().expect("no panic before");
    inner.1.push((
        head.uri.path().to_owned(),
        format!("{:?}", head.headers),
        serde_json::from_slice(&body).expect("JSON"),
    ));
    let status = if inner.0.len() > 1 { inner.0.remove(0) } else { inner.0[0] };
    StatusCode::from_u16(status).expect("a status")
}

async fn start(statuses: &[u16]) -> (Result<(), StoreError>, Vec<Received>) {
    let fake = Fake(Arc::new(Mutex::new((statuses.to_vec(), Vec::new()))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = axum::serve(listener, Router::new().fallback(respond).with_state(fake.clone()));
    let server = tokio::spawn(async move { server.await });
    let credentials = SharedCredentialsProvider::new(Credentials::new("id", "secret", None, None, "test"));
    let lambda = Lambda::new(FUNCTION, "eu-central-1", Some(&url), credentials, Arc::new(SystemClock));
    let target = DeliveryTarget::Endpoint { id: WebhookEndpointId::from_bytes([1; 16]) };
    let result = lambda.start(WorkspaceId::from_bytes([2; 16]), &target).await;
    server.abort();
    let requests = std::mem::take(&mut fake.0.lock().expect("no panic before").1);
    (result, requests)
}

#[tokio::test]
async fn delivery_is_started_by_an_asynchronous_invocation() {
    let (result, requests) = start(&[202]).await;
    result.expect("started");
    let [(path, headers, body)] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(
        path,
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Ad%3Alive/invocations"
    );
    assert!(headers.contains(r#""x-amz-invocation-type": "Event""#), "{headers}");
    assert!(headers.contains("/eu-central-1/lambda/aws4_request"), "{headers}");
    let id = |byte: u8| WebhookEndpointId::from_bytes([byte; 16]).to_string();
    assert_eq!(*body, json!({ "workspace": id(2), "target": { "type": "endpoint", "id": id(1) } }));
}

#[tokio::test]
async fn throttled_invocation_is_repeated() {
    let (result, requests) = start(&[429, 500, 202]).await;
    result.expect("started");
    assert_eq!(requests.len(), 3);
    let (result, _) = start(&[503]).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
}

#[tokio::test]
async fn refused_invocation_can_be_repeated_later() {
    for (status, is_transient) in [(403, true), (404, true), (400, false)] {
        let (result, requests) = start(&[status]).await;
        assert_eq!(requests.len(), 1, "{status}");
        assert_eq!(matches!(result, Err(StoreError::Unavailable(_))), is_transient, "{status}: {result:?}");
    }
}
