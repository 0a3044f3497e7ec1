//! Uploads, as a browser makes them.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{Answer, Role};

/// A form that was signed, and what is put into it.
#[derive(Debug, Clone)]
#[must_use = "nothing is uploaded before `send`"]
pub struct Upload {
    url: String,
    fields: Vec<(String, String)>,
    bytes: Vec<u8>,
}

impl Upload {
    /// The form that somebody was answered, with these bytes as the file.
    pub fn of(upload: &Value, bytes: impl Into<Vec<u8>>) -> Self {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let fields = upload["fields"].as_object().expect("fields");
        let fields = fields.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        Self { url: text(&upload["url"]), fields, bytes: bytes.into() }
    }

    /// Gives a field another value.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a field out.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// Posts it to another place.
    pub fn to(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    /// Uploads, and gives the status and what S3 says.
    pub async fn send(self) -> (u16, String) {
        let form = self.fields.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
        let form = form.part("file", Part::bytes(self.bytes).file_name("upload"));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.post(self.url).multipart(form).send().await.expect("S3 answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Uploads, and demands that S3 takes it.
    pub async fn expect_taken(self) {
        let (status, text) = self.send().await;
        assert_eq!(status, 204, "{text}");
    }

    /// Uploads, and demands that S3 refuses it.
    pub async fn expect_refused(self, status: u16, code: &str) {
        let (answered, text) = self.send().await;
        assert_eq!(answered, status, "{text}");
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{text}");
    }
}

impl Role<'_> {
    /// Asks for a form for these bytes.
    pub async fn sign(&self, conversation: &Value, name: &str, content_type: &str, size: usize) -> Answer {
        let body =
            json!({ "fileName": name, "contentType": content_type, "size": size, "conversationId": conversation });
        self.post("/api/v1/files/sign", &body).await
    }

    /// Announces, uploads and registers a text file, and gives it.
    pub async fn upload(&self, conversation: &Value, name: &str, text: &str) -> Value {
        let signed = self.sign(conversation, name, "text/plain", text.len()).await.expect(201);
        Upload::of(&signed["upload"], text).expect_taken().await;
        let body = json!({ "fileId": signed["file"]["id"] });
        self.post("/api/v1/files", &body).await.expect(200)["file"].clone()
    }
}

/// What is found under an address: the status, the headers and the bytes.
pub async fn download(url: &str) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = client.get(url).send().await.expect("S3 answers");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("bytes").to_vec())
}
