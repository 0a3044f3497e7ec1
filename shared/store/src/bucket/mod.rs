//! The bucket: uploads that somebody else makes, and the few requests that are ours.
//!
//! S3's own SDK would be a third of a function. What is needed of it is a signature and four requests.

mod disposition;
mod post;
mod request;
mod sign;

use std::sync::Arc;

use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use deskless_domain::{Clock, ContentType, FileSize, FileTitle, Timestamp};
use request::Reply;

use crate::StoreError;

/// For how long a signature lets somebody upload or download, in seconds.
const SIGNED_FOR_SECONDS: i64 = 5 * 60;

/// Where a bucket is, and as whom it is asked.
#[derive(Debug, Clone)]
pub struct BucketSettings {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// An S3 that is not AWS's: `http://` and its host. The bucket's name then stands in the path.
    pub endpoint: Option<String>,
    /// Who asks. A signature that is handed out is theirs, and ends with them.
    pub credentials: Credentials,
}

/// A private bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    settings: BucketSettings,
    /// Where objects' paths begin, without a slash at the end.
    base: String,
    connector: SharedHttpConnector,
    clock: Arc<dyn Clock>,
}

/// A form with which a file is uploaded, for five minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where it is posted to.
    pub url: String,
    /// What stands in it before the file itself, which comes last and is called `file`.
    pub fields: Vec<(&'static str, String)>,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// An address from which a file is downloaded, for five minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The address, with its signature.
    pub url: String,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// What an object is like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub size: u64,
    pub content_type: String,
    pub etag: String,
}

/// What came of copying an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    Done,
    /// It is another object by now, or none.
    Changed,
}

impl Bucket {
    /// A bucket that is reached by `connector`. Signatures go by `clock`.
    pub fn new(settings: BucketSettings, connector: SharedHttpConnector, clock: Arc<dyn Clock>) -> Self {
        let BucketSettings { name, region, endpoint, .. } = &settings;
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let base = match endpoint {
            Some(endpoint) => format!("{}/{name}", endpoint.trim_end_matches('/')),
            None => format!("https://{name}.s3.{region}.{suffix}"),
        };
        Self { settings, base, connector, clock }
    }

    /// Opens the connection. Failing is no error: the first request then finds out for itself.
    pub(crate) async fn warm_up(&self) {
        let _ = self.send_once("HEAD", "warm-up", &[]).await;
    }

    /// A form that uploads exactly this much of exactly this type to `key`.
    pub(crate) fn upload(&self, key: &str, content_type: &ContentType, size: FileSize) -> Upload {
        self.post(key, content_type, size)
    }

    /// An address that gives the object as a file of this name, and never shows it in a browser.
    pub(crate) fn download(&self, key: &str, name: &FileTitle) -> Result<Download, StoreError> {
        self.presigned(key, &disposition::attachment(name))
    }

    /// What stands at `key`, if something does.
    pub(crate) async fn head(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let answer = match self.send("HEAD", key, &[]).await? {
            Reply::Done(answer) => answer,
            Reply::Missing => return Ok(None),
            Reply::Changed => return Err(StoreError::Internal(format!("S3 answers HEAD {key} with 412"))),
        };
        let header = |name: &str| answer.headers.get(name).unwrap_or_default().to_owned();
        let size = header("content-length").parse().map_err(|_| {
            StoreError::Internal(format!("S3 says {:?} for the size of {key}", header("content-length")))
        })?;
        Ok(Some(Object { size, content_type: header("content-type"), etag: header("etag") }))
    }

    /// Copies an object within the bucket, if it is still the one with this tag.
    pub(crate) async fn copy(&self, from: &str, etag: &str, to: &str) -> Result<Copied, StoreError> {
        let source = format!("/{}/{from}", self.settings.name);
        let headers = [("x-amz-copy-source", source.as_str()), ("x-amz-copy-source-if-match", etag)];
        match self.send("PUT", to, &headers).await? {
            Reply::Done(_) => Ok(Copied::Done),
            Reply::Missing | Reply::Changed => Ok(Copied::Changed),
        }
    }

    /// Deletes what stands at `key`, if something does.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.send("DELETE", key, &[]).await.map(drop)
    }
}
