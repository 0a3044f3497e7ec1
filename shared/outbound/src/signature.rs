//! Standard Webhooks signatures, which receivers verify with any Standard Webhooks library
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use base64::{Engine, engine::general_purpose::STANDARD};
use deskless_domain::{Timestamp, WebhookSecret};
use ring::hmac;

/// Returns the value of `webhook-signature`: for each secret the scheme, and the HMAC-SHA256 of the id, the time in seconds and
/// the body. They are separated by spaces.
///
/// Returns `None` without a secret, and for one that is not base64. Generated secrets always are.
pub(crate) fn sign(secrets: &[&WebhookSecret], id: &str, time: Timestamp, body: &[u8]) -> Option<String> {
    let signatures: Vec<_> = secrets.iter().map(|secret| one(secret, id, time, body)).collect::<Option<_>>()?;
    (!signatures.is_empty()).then(|| signatures.join(" "))
}

fn one(secret: &WebhookSecret, id: &str, time: Timestamp, body: &[u8]) -> Option<String> {
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

    const TIME: Timestamp = Timestamp::from_millis(1_614_265_330_000);

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::stored(text.to_owned())
    }

    #[test]
    fn signature_matches_published_example() {
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature = sign(&[&secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", TIME, br#"{"test": 2432232314}"#);
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn each_secret_signs() {
        let (new, old) = (secret("whsec_AAAA"), secret("whsec_BBBB"));
        let of = |secrets: &[&WebhookSecret]| sign(secrets, "msg_1", TIME, b"{}");
        let (new_only, old_only) = (of(&[&new]).expect("a signature"), of(&[&old]).expect("a signature"));
        assert_eq!(of(&[&new, &old]), Some(format!("{new_only} {old_only}")));
        assert_eq!((of(&[]), of(&[&new, &secret("whsec_!")])), (None, None));
    }
}
