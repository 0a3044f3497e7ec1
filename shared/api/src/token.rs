//! Customer tokens: JWTs (RFC 7519) that identify the customer of a request with a client key.

use deskless_domain::{CustomerId, Identity, IdentitySecret, IdentitySource, SecretId, Timestamp, WorkspaceId};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode, errors::ErrorKind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Code, Problem, hs256};

/// The allowed clock skew, in seconds.
const LEEWAY_SECONDS: i64 = 60;
/// The maximum lifetime of a token that your back end signs, in seconds: 24 hours.
pub const LONGEST_SECONDS: i64 = 24 * 60 * 60;
/// The lifetime of an anonymous customer's token, in seconds: 30 days. It is renewed on use.
const ANONYMOUS_SECONDS: i64 = 30 * 24 * 60 * 60;
/// The age from which an anonymous token is renewed, in seconds: a day.
const RENEWED_AFTER_SECONDS: i64 = 24 * 60 * 60;
/// The maximum size of a token, in bytes. Tokens with the required claims are far shorter.
const MAX_LENGTH: usize = 4096;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    aud: Audience,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// The claims that every token must have.
const REQUIRED: [&str; 4] = ["sub", "aud", "iat", "exp"];

/// The `aud` claim: one audience or a list (RFC 7519, section 4.1.3).
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// A token with a valid signature and valid claims.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    pub customer: CustomerId,
    pub source: IdentitySource,
    pub issued_at: i64,
}

/// A token whose signature has not been verified.
pub(crate) struct Presented<'t> {
    text: &'t str,
    kid: SecretId,
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(Code::Unauthorized, detail)
}

impl<'t> Presented<'t> {
    /// Parses the header of a token.
    pub fn parse(text: &'t str) -> Result<Self, Problem> {
        hs256::install();
        let malformed = || {
            unauthorized("The `X-Customer-Token` header must be a JWT: three parts in base64url, separated by dots.")
        };
        let header = Some(text).filter(|text| text.len() <= MAX_LENGTH).and_then(|text| decode_header(text).ok());
        let header = header.ok_or_else(malformed)?;
        if header.alg != Algorithm::HS256 || header.crit.is_some() {
            return Err(unauthorized("The customer token must be signed with HS256, without `crit`."));
        }
        let kid = header.kid.as_deref().and_then(SecretId::parse);
        let kid = kid.ok_or_else(|| {
            unauthorized("The customer token's header must have the id of the identity secret as `kid`.")
        })?;
        Ok(Self { text, kid })
    }

    /// Whether the token names one of these secrets.
    pub fn is_known(&self, identity: &Identity, now: Timestamp) -> bool {
        identity.secret(self.kid, now).is_some() || identity.anonymous(self.kid).is_some()
    }

    /// Verifies the signature and the claims.
    pub fn verify(&self, workspace: WorkspaceId, identity: &Identity, now: Timestamp) -> Result<Verified, Problem> {
        let (secret, source, longest) = match (identity.secret(self.kid, now), identity.anonymous(self.kid)) {
            (Some(secret), _) => (secret, IdentitySource::Token, LONGEST_SECONDS),
            (None, Some(secret)) => (secret, IdentitySource::Anonymous, ANONYMOUS_SECONDS),
            (None, None) => {
                return Err(unauthorized(
                    "The customer token's `kid` is not a valid identity secret. Sign it with the current one.",
                ));
            }
        };
        let key = DecodingKey::from_secret(secret.reveal().as_bytes());
        let claims = decode::<Claims>(self.text, &key, &signature_only())
            .map_err(|error| self.decode_problem(&error, &key))?
            .claims;
        let workspace = workspace.to_string();
        let is_for_workspace = match &claims.aud {
            Audience::One(one) => *one == workspace,
            Audience::Several(all) => all.contains(&workspace),
        };
        if !is_for_workspace {
            return Err(unauthorized(
                "The customer token is for another workspace. Its `aud` claim must be the id of this one.",
            ));
        }
        let now = now.as_seconds();
        let Claims { iat, exp, nbf, .. } = claims;
        if exp.saturating_add(LEEWAY_SECONDS) <= now {
            return Err(unauthorized("The customer token has expired. Get a new one."));
        }
        if iat.max(nbf.unwrap_or(iat)) > now + LEEWAY_SECONDS {
            return Err(unauthorized(
                "The customer token is not valid yet: its `iat` or `nbf` claim is in the future.",
            ));
        }
        if exp <= iat || exp.saturating_sub(iat) > longest {
            return Err(unauthorized(
                "The customer token's lifetime, from `iat` to `exp`, must be more than 0 and at most 24 hours.",
            ));
        }
        let customer = CustomerId::parse(claims.sub)
            .map_err(|_| unauthorized("The customer token's `sub` claim must be a customer id."))?;
        Ok(Verified { customer, source, issued_at: iat })
    }

    /// Returns the problem of a failed decoding: the signature, or the claim that is missing. The library verifies the signature
    /// before it parses the claims, so every error but that of a parser is one of the signature, such as one that is no base64.
    fn decode_problem(&self, error: &jsonwebtoken::errors::Error, key: &DecodingKey) -> Problem {
        if !matches!(error.kind(), ErrorKind::Json(_) | ErrorKind::Utf8(_)) {
            return unauthorized(
                "The customer token's signature is invalid. Sign it with the secret that `kid` names.",
            );
        }
        let claims = decode::<Map<String, Value>>(self.text, key, &signature_only()).map(|token| token.claims);
        let missing = claims.ok().and_then(|claims| REQUIRED.into_iter().find(|name| !claims.contains_key(*name)));
        match missing {
            Some(name) => unauthorized(&format!("The customer token has no `{name}` claim.")),
            None => unauthorized(
                "The customer token's claims are malformed: `sub` and `aud` must be texts, `iat` and `exp` numbers of seconds.",
            ),
        }
    }
}

/// Returns a validation of only the signature. The library would check times with the system clock, and audiences leniently; `verify` checks
/// both.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

impl Verified {
    /// Returns a new token, if this one belongs to an anonymous customer and is older than a day.
    pub fn renewed(&self, workspace: WorkspaceId, identity: &Identity, now: Timestamp) -> Option<String> {
        let old = self.source == IdentitySource::Anonymous
            && now.as_seconds() >= self.issued_at.saturating_add(RENEWED_AFTER_SECONDS);
        let secret = identity.anonymous.as_ref().filter(|_| old)?;
        anonymous(secret, workspace, &self.customer, now).ok()
    }
}

/// Signs a token for an anonymous customer.
pub(crate) fn anonymous(
    secret: &IdentitySecret,
    workspace: WorkspaceId,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<String, Problem> {
    sign(secret, workspace, customer, now, ANONYMOUS_SECONDS)
        .map_err(|e| Problem::internal(format!("a token cannot be signed: {e}")))
}

/// Signs a customer token that is valid for `seconds` from `now`, as your back end does.
///
/// # Errors
/// When the token cannot be encoded.
pub fn sign(
    secret: &IdentitySecret,
    workspace: WorkspaceId,
    customer: &CustomerId,
    now: Timestamp,
    seconds: i64,
) -> Result<String, jsonwebtoken::errors::Error> {
    hs256::install();
    let header = Header { kid: Some(secret.id.to_string()), ..Header::new(Algorithm::HS256) };
    let iat = now.as_seconds();
    let aud = Audience::One(workspace.to_string());
    let claims = Claims { sub: customer.to_string(), aud, iat, exp: iat + seconds, nbf: None };
    encode(&header, &claims, &EncodingKey::from_secret(secret.reveal().as_bytes()))
}
