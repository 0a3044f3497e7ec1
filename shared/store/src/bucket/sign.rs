use std::time::{Duration, SystemTime};

use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
        SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use deskless_domain::{ContentType, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Bucket, Download, SIGNED_FOR_SECONDS};
use crate::StoreError;

const SERVICE: &str = "s3";

/// Formats a time for signatures: `20260628T180000Z`.
pub(super) fn date_time(time: Timestamp) -> String {
    let whole = Timestamp::from_millis(time.as_seconds() * 1000).to_string();
    whole.replace(['-', ':'], "").replace(".000", "")
}

/// Returns the credential scope of a signature: day, region and service.
pub(super) fn scope(time: Timestamp, region: &str) -> String {
    format!("{}/{region}/{SERVICE}/aws4_request", &date_time(time)[..8])
}

/// Returns the signature of a text, such as a policy.
pub(super) fn signature(secret: &str, time: Timestamp, region: &str, text: &str) -> String {
    let key = v4::generate_signing_key(secret, system_time(time), region, SERVICE);
    v4::calculate_signature(key, text.as_bytes())
}

fn system_time(time: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_seconds().max(0).unsigned_abs())
}

impl Bucket {
    /// Returns the instructions that sign a request. The body of a presigned URL is not signed.
    pub(super) fn signed(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        location: SignatureLocation,
    ) -> Result<SigningInstructions, StoreError> {
        let identity: Identity = self.settings.credentials.clone().into();
        let mut settings = SigningSettings::default();
        // S3 encodes paths once and does not normalize them.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let (body, expires_in) = match location {
            SignatureLocation::QueryParams => {
                (SignableBody::UnsignedPayload, Some(Duration::from_secs(SIGNED_FOR_SECONDS.unsigned_abs())))
            }
            _ => (SignableBody::Bytes(body), None),
        };
        if expires_in.is_none() {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        settings.signature_location = location;
        settings.expires_in = expires_in;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.settings.region)
            .name(SERVICE)
            .time(system_time(self.clock.now()))
            .settings(settings)
            .build()
            .map_err(|e| failed(&e))?
            .into();
        let request = SignableRequest::new(method, url, headers.iter().copied(), body).map_err(|e| failed(&e))?;
        Ok(sign(request, &parameters).map_err(|e| failed(&e))?.into_parts().0)
    }

    /// Returns a presigned URL for a download.
    pub(super) fn presigned(&self, key: &str, disposition: &str) -> Result<Download, StoreError> {
        let disposition = utf8_percent_encode(disposition, NON_ALPHANUMERIC);
        let url = format!("{}/{key}?response-content-disposition={disposition}", self.base);
        let instructions = self.signed("GET", &url, &[], &[], SignatureLocation::QueryParams)?;
        let mut request = http::Request::get(url).body(()).map_err(|e| failed(&e))?;
        instructions.apply_to_request_http1x(&mut request);
        let expires_at = self.clock.now().plus_seconds(SIGNED_FOR_SECONDS);
        Ok(Download { url: request.uri().to_string(), expires_at })
    }

    /// Returns a presigned URL for an upload with this content type. The size is not signed.
    pub(super) fn presigned_put(&self, key: &str, content_type: &ContentType) -> Result<Download, StoreError> {
        let url = format!("{}/{key}", self.base);
        let headers = [("content-type", content_type.as_str())];
        let instructions = self.signed("PUT", &url, &headers, &[], SignatureLocation::QueryParams)?;
        let mut request = http::Request::put(url).body(()).map_err(|e| failed(&e))?;
        instructions.apply_to_request_http1x(&mut request);
        let expires_at = self.clock.now().plus_seconds(SIGNED_FOR_SECONDS);
        Ok(Download { url: request.uri().to_string(), expires_at })
    }
}

fn failed(error: &dyn std::error::Error) -> StoreError {
    StoreError::Internal(format!("a request to S3 cannot be signed: {}", crate::error::causes(error)))
}

#[cfg(test)]
mod tests {
    use deskless_domain::Timestamp;

    use super::{date_time, scope, signature};

    /// The example that AWS publishes:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>.
    #[test]
    fn policy_signature_matches_aws_example() {
        let policy = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
        let time = Timestamp::parse("2015-12-29T00:00:00Z").expect("a time");
        assert_eq!(date_time(time), "20151229T000000Z");
        assert_eq!(scope(time, "us-east-1"), "20151229/us-east-1/s3/aws4_request");
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(
            signature(secret, time, "us-east-1", policy),
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        );
    }
}
