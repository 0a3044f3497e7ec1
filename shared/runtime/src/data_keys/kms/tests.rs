use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use base64::{Engine, prelude::BASE64_STANDARD};
use deskless_store::{DataKeyProvider, StoreError};
use serde_json::{Value, json};

use super::Kms;
use crate::SystemClock;

const ARN: &str = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd";

/// Answers with the same responses in turn, and keeps the requests.
#[derive(Debug, Clone)]
struct Server {
    responses: Arc<Mutex<Vec<(u16, Value)>>>,
    requests: Arc<Mutex<Vec<(String, String, Value)>>>,
}

impl HttpConnector for Server {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
        let body = serde_json::from_slice(request.body().bytes().expect("a body")).expect("JSON");
        let seen = (format!("{} {}", request.uri(), header("x-amz-target")), header("authorization"), body);
        self.requests.lock().expect("the lock is not poisoned").push(seen);
        let (status, body) = self.responses.lock().expect("the lock is not poisoned").remove(0);
        let status = StatusCode::try_from(status).expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body.to_string()))))
    }
}

fn kms(key: Option<&str>, responses: Vec<(u16, Value)>) -> (Kms, Server) {
    let server = Server { responses: Arc::new(Mutex::new(responses)), requests: Arc::default() };
    let credentials = SharedCredentialsProvider::new(Credentials::new("AKID", "secret", None, None, "test"));
    let kms = Kms::new(key.map(str::to_owned), "us-east-1", None, credentials, Arc::new(SystemClock));
    (Kms { client: kms.client.with_connector(SharedHttpConnector::new(server.clone())), ..kms }, server)
}

#[tokio::test]
async fn data_key_is_generated_and_decrypted_with_signed_requests() {
    let plain = BASE64_STANDARD.encode([7; 32]);
    let wrapped = BASE64_STANDARD.encode("wrapped");
    let generated = json!({ "Plaintext": plain, "CiphertextBlob": wrapped, "KeyId": ARN });
    let responses = vec![(200, generated), (500, json!({})), (200, json!({ "Plaintext": plain, "KeyId": ARN }))];
    let (kms, server) = kms(Some(ARN), responses);
    let new = kms.generate().await.expect("a data key");
    assert_eq!((new.plain.0, new.wrapped.as_slice()), ([7; 32], b"wrapped".as_slice()));
    assert_eq!(kms.unwrap(&new.wrapped).await.expect("decrypted").0, [7; 32]);
    let requests = server.requests.lock().expect("the lock is not poisoned").clone();
    assert_eq!(requests.len(), 3, "a 500 is retried");
    for (_, authorization, body) in &requests {
        assert!(authorization.contains("/eu-central-1/kms/aws4_request"), "the region is the key's: {authorization}");
        assert_eq!(
            (&body["KeyId"], &body["EncryptionContext"]),
            (&json!(ARN), &json!({ "purpose": "deskless-secrets" }))
        );
    }
    let url = "https://kms.eu-central-1.amazonaws.com/";
    assert_eq!(requests[0].0, format!("{url} TrentService.GenerateDataKey"));
    assert_eq!(requests[2].0, format!("{url} TrentService.Decrypt"));
    assert_eq!(requests[2].2["CiphertextBlob"], wrapped);
}

#[tokio::test]
async fn refused_request_can_be_repeated_and_wrong_key_cannot() {
    let error = |code: &str| (400, json!({ "__type": code, "message": "No." }));
    let (kms, _) = kms(None, vec![error("AccessDeniedException"), error("InvalidCiphertextException")]);
    assert!(matches!(kms.unwrap(b"a").await, Err(StoreError::Unavailable(_))));
    assert!(matches!(kms.unwrap(b"a").await, Err(StoreError::Internal(_))));
    let Err(StoreError::Internal(text)) = kms.generate().await else { panic!("there is no key") };
    assert!(text.contains("--secrets-key"), "{text}");
}
