//! Uploads with a signed form, as browsers send them.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{Role, TestResponse};

/// A signed form and the file to upload.
#[derive(Debug, Clone)]
#[must_use = "call `send`"]
pub struct Upload {
    url: String,
    fields: Vec<(String, String)>,
    bytes: Vec<u8>,
}

impl Upload {
    /// Creates an upload from the `upload` object of a response.
    pub fn of(upload: &Value, bytes: impl Into<Vec<u8>>) -> Self {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let fields = upload["fields"].as_object().expect("fields");
        let fields = fields.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        Self { url: text(&upload["url"]), fields, bytes: bytes.into() }
    }

    /// Replaces the value of a field.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes a field.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// Changes the URL.
    pub fn to(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    /// Uploads the file and returns S3's status and body.
    pub async fn send(self) -> (u16, String) {
        let form = self.fields.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
        let form = form.part("file", Part::bytes(self.bytes).file_name("upload"));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.post(self.url).multipart(form).send().await.expect("S3 responds");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Uploads the file and asserts that S3 accepts it.
    pub async fn expect_accepted(self) {
        let (status, text) = self.send().await;
        assert_eq!(status, 204, "{text}");
    }

    /// Uploads the file and asserts that S3 refuses it with this status and code.
    pub async fn expect_refused(self, status: u16, code: &str) {
        let (answered, text) = self.send().await;
        assert_eq!(answered, status, "{text}");
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{text}");
    }
}

impl Role<'_> {
    /// Requests a signed form for a file.
    pub async fn sign(&self, conversation: &Value, name: &str, content_type: &str, size: usize) -> TestResponse {
        let body =
            json!({ "fileName": name, "contentType": content_type, "size": size, "conversationId": conversation });
        self.post("/api/v1/files/sign", &body).await
    }

    /// Signs, uploads and registers a text file, and returns it.
    pub async fn upload(&self, conversation: &Value, name: &str, text: &str) -> Value {
        let signed = self.sign(conversation, name, "text/plain", text.len()).await.expect(201);
        Upload::of(&signed["upload"], text).expect_accepted().await;
        let body = json!({ "fileId": signed["file"]["id"] });
        self.post("/api/v1/files", &body).await.expect(200)["file"].clone()
    }
}

/// Downloads a URL and returns the status, the headers and the body.
pub async fn download(url: &str) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = client.get(url).send().await.expect("S3 responds");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("bytes").to_vec())
}
