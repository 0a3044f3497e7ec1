//! Standard Webhooks signatures, which receivers verify with any Standard Webhooks library
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use base64::{Engine, engine::general_purpose::STANDARD};
use deskless_domain::{Timestamp, WebhookSecret};
use ring::hmac;

/// Returns the value of `webhook-signature`: the scheme, and the HMAC-SHA256 of the id, the time in seconds and the body.
///
/// Returns `None` for a secret that is not base64. Generated secrets always are.
pub(super) fn sign(secret: &WebhookSecret, id: &str, time: Timestamp, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.digits()).ok()?;
    let mut hmac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    hmac.update(format!("{id}.{}.", time.as_seconds()).as_bytes());
    hmac.update(body);
    Some(format!("v1,{}", STANDARD.encode(hmac.sign())))
}

#[cfg(test)]
mod tests {
    use deskless_domain::{Timestamp, WebhookSecret};

    use super::sign;

    #[test]
    fn signature_matches_published_example() {
        let secret = WebhookSecret::stored("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let time = Timestamp::from_millis(1_614_265_330_000);
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time, br#"{"test": 2432232314}"#);
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }
}
