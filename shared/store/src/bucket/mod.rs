//! A client for the S3 bucket: presigned uploads and downloads, and five requests of its own.
//!
//! The S3 SDK would be a third of a function's binary. This crate needs only signatures and `HEAD`, `GET`, `PUT` (an object
//! or a copy) and `DELETE`.

mod disposition;
mod post;
mod request;
mod sign;

use std::sync::Arc;

use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use deskless_domain::{Clock, ContentType, FileSize, FileTitle, Timestamp};
use request::S3Response;

use crate::StoreError;

/// How long a presigned upload or download is valid: five minutes.
const SIGNED_FOR_SECONDS: i64 = 5 * 60;

/// The location of a bucket, and the credentials for it.
#[derive(Debug, Clone)]
pub struct BucketSettings {
    /// The name.
    pub name: String,
    /// The region.
    pub region: String,
    /// The endpoint of an S3-compatible service, such as `http://localhost:9000`. The bucket's name is then part of the
    /// path.
    pub endpoint: Option<String>,
    /// The credentials. A presigned URL stops working when they expire.
    pub credentials: Credentials,
}

/// A private bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    settings: BucketSettings,
    /// The base URL of objects, without a slash at the end.
    base: String,
    connector: SharedHttpConnector,
    clock: Arc<dyn Clock>,
}

/// A presigned form that uploads a file, valid for five minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The URL to which the form is posted.
    pub url: String,
    /// The form's fields. The file follows as the last field, named `file`.
    pub fields: Vec<(&'static str, String)>,
    /// The time at which it expires.
    pub expires_at: Timestamp,
}

/// A presigned URL that downloads a file, valid for five minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The URL with its signature.
    pub url: String,
    /// The time at which it expires.
    pub expires_at: Timestamp,
}

/// The properties of an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub size: u64,
    pub content_type: String,
    pub etag: String,
}

/// The result of copying an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    Done,
    /// The source was replaced or deleted.
    Changed,
}

impl Bucket {
    /// Creates a client for a bucket. `clock` gives the time of signatures.
    pub fn new(settings: BucketSettings, connector: SharedHttpConnector, clock: Arc<dyn Clock>) -> Self {
        let BucketSettings { name, region, endpoint, .. } = &settings;
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let base = match endpoint {
            Some(endpoint) => format!("{}/{name}", endpoint.trim_end_matches('/')),
            None => format!("https://{name}.s3.{region}.{suffix}"),
        };
        Self { settings, base, connector, clock }
    }

    /// Opens the connection. Errors are ignored, because the first request reports them.
    pub(crate) async fn warm_up(&self) {
        let _ = self.send_once("HEAD", "warm-up", &[], &[]).await;
    }

    /// Returns a form that uploads an object of exactly this size and content type to `key`.
    pub(crate) fn upload(&self, key: &str, content_type: &ContentType, size: FileSize) -> Upload {
        self.post(key, content_type, size)
    }

    /// Returns a URL that uploads an object of this content type to `key`.
    pub(crate) fn upload_url(&self, key: &str, content_type: &ContentType) -> Result<String, StoreError> {
        self.presigned_put(key, content_type).map(|signed| signed.url)
    }

    /// Returns the URI of an object: `s3://{bucket}/{key}`.
    pub(crate) fn uri(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.settings.name)
    }

    /// Returns a URL that downloads the object as a file of this name. Browsers save the file and never display it.
    pub(crate) fn download(&self, key: &str, name: &FileTitle) -> Result<Download, StoreError> {
        self.presigned(key, &disposition::attachment(name))
    }

    /// Reads the properties of the object at `key`. Returns `None` if there is none.
    pub(crate) async fn head(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let headers = match self.send("HEAD", key, &[]).await? {
            S3Response::Done(headers, _) => headers,
            S3Response::NotFound => return Ok(None),
            S3Response::PreconditionFailed => {
                return Err(StoreError::Internal(format!("S3 responded to HEAD {key} with 412")));
            }
        };
        let header = |name: &str| headers.get(name).unwrap_or_default().to_owned();
        let size = header("content-length").parse().map_err(|_| {
            StoreError::Internal(format!("S3 returned the content length {:?} for {key}", header("content-length")))
        })?;
        Ok(Some(Object { size, content_type: header("content-type"), etag: header("etag") }))
    }

    /// Copies an object within the bucket, if it still has this entity tag.
    pub(crate) async fn copy(&self, from: &str, etag: &str, to: &str) -> Result<Copied, StoreError> {
        let source = format!("/{}/{from}", self.settings.name);
        let headers = [("x-amz-copy-source", source.as_str()), ("x-amz-copy-source-if-match", etag)];
        match self.send("PUT", to, &headers).await? {
            S3Response::Done(..) => Ok(Copied::Done),
            S3Response::NotFound | S3Response::PreconditionFailed => Ok(Copied::Changed),
        }
    }

    /// Reads the object at `key`. Returns `None` if there is none.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.send("GET", key, &[]).await? {
            S3Response::Done(_, bytes) => Ok(Some(bytes)),
            S3Response::NotFound => Ok(None),
            S3Response::PreconditionFailed => Err(StoreError::Internal(format!("S3 responded to GET {key} with 412"))),
        }
    }

    /// Writes an object to `key`.
    pub(crate) async fn put(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let headers = [("content-type", content_type)];
        match self.send_with("PUT", key, &headers, bytes).await? {
            S3Response::Done(..) => Ok(()),
            S3Response::NotFound | S3Response::PreconditionFailed => {
                Err(StoreError::Internal(format!("S3 did not accept PUT {key}")))
            }
        }
    }

    /// Deletes the object at `key`, if there is one.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.send("DELETE", key, &[]).await.map(drop)
    }
}
