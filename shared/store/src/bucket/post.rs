//! Presigned upload forms:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>.

use base64::{Engine, engine::general_purpose::STANDARD};
use deskless_domain::{ContentType, FileSize};
use serde_json::json;

use super::{Bucket, SIGNED_FOR_SECONDS, Upload, sign};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

impl Bucket {
    /// Returns a presigned upload form. S3 rejects an upload that differs from the form's policy in its key, content type,
    /// size or fields.
    pub(super) fn post(&self, key: &str, content_type: &ContentType, size: FileSize) -> Upload {
        let now = self.clock.now();
        let credentials = &self.settings.credentials;
        let scope = sign::scope(now, &self.settings.region);
        let mut fields = vec![
            ("key", key.to_owned()),
            ("Content-Type", content_type.to_string()),
            ("x-amz-algorithm", ALGORITHM.to_owned()),
            ("x-amz-credential", format!("{}/{scope}", credentials.access_key_id())),
            ("x-amz-date", sign::date_time(now)),
        ];
        if let Some(token) = credentials.session_token() {
            fields.push(("x-amz-security-token", token.to_owned()));
        }
        let expires_at = now.plus_seconds(SIGNED_FOR_SECONDS);
        let mut conditions =
            vec![json!({ "bucket": self.settings.name }), json!(["content-length-range", size.bytes(), size.bytes()])];
        conditions.extend(fields.iter().map(|(name, value)| json!(["eq", format!("${name}"), value])));
        let policy = json!({ "expiration": expires_at, "conditions": conditions });
        let policy = STANDARD.encode(policy.to_string());
        let signature = sign::signature(credentials.secret_access_key(), now, &self.settings.region, &policy);
        fields.extend([("policy", policy), ("x-amz-signature", signature)]);
        // Forms are posted to the URL of the bucket.
        Upload { url: format!("{}/", self.base), fields, expires_at }
    }
}
