//! Customers' tokens: JWTs (RFC 7519) that say for which customer of which workspace a client key acts.

use deskless_domain::{CustomerId, Identity, IdentitySecret, IdentitySource, SecretId, Timestamp, WorkspaceId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use crate::{Code, Problem, hs256};

/// How far two clocks may be apart.
const LEEWAY_SECONDS: i64 = 60;
/// The longest life of a token that a back end signs.
pub const LONGEST_SECONDS: i64 = 24 * 60 * 60;
/// How long an anonymous customer's token lives; it is renewed on use.
const ANONYMOUS_SECONDS: i64 = 30 * 24 * 60 * 60;
/// A token that is older than this is renewed.
const RENEWED_AFTER_SECONDS: i64 = 24 * 60 * 60;
/// No token of ours, nor one with nothing but what is asked for, has more bytes.
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

/// RFC 7519, section 4.1.3: one audience may stand alone.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// A token whose signature and claims hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    pub customer: CustomerId,
    pub source: IdentitySource,
    pub issued_at: i64,
}

/// A token's header, as far as it can be read without believing it.
pub(crate) struct Presented<'t> {
    text: &'t str,
    kid: SecretId,
}

fn refuse(detail: &str) -> Problem {
    Problem::new(Code::Unauthorized, detail)
}

impl<'t> Presented<'t> {
    /// Reads which secret a token names.
    pub fn parse(text: &'t str) -> Result<Self, Problem> {
        hs256::install();
        let no_token = || refuse("X-Customer-Token is no JWT.");
        let header = Some(text).filter(|text| text.len() <= MAX_LENGTH).and_then(|text| decode_header(text).ok());
        let header = header.ok_or_else(no_token)?;
        if header.alg != Algorithm::HS256 || header.crit.is_some() {
            return Err(refuse("X-Customer-Token must be signed with HS256 and nothing else."));
        }
        let kid = header.kid.as_deref().and_then(SecretId::parse);
        let kid = kid.ok_or_else(|| refuse("X-Customer-Token must name the identity secret in its header: kid."))?;
        Ok(Self { text, kid })
    }

    /// Whether one of these secrets is the one that it names.
    pub fn is_known(&self, identity: &Identity, now: Timestamp) -> bool {
        identity.secret(self.kid, now).is_some() || identity.anonymous(self.kid).is_some()
    }

    /// Checks signature and claims.
    pub fn verify(&self, workspace: WorkspaceId, identity: &Identity, now: Timestamp) -> Result<Verified, Problem> {
        let (secret, source, longest) = match (identity.secret(self.kid, now), identity.anonymous(self.kid)) {
            (Some(secret), _) => (secret, IdentitySource::Token, LONGEST_SECONDS),
            (None, Some(secret)) => (secret, IdentitySource::Anonymous, ANONYMOUS_SECONDS),
            (None, None) => return Err(refuse("X-Customer-Token names an identity secret that is unknown or over.")),
        };
        let key = DecodingKey::from_secret(secret.reveal().as_bytes());
        let claims = decode::<Claims>(self.text, &key, &signature_only())
            .map_err(|_| refuse("X-Customer-Token is forged, or lacks one of sub, aud, iat and exp."))?
            .claims;
        let workspace = workspace.to_string();
        let is_for_us = match &claims.aud {
            Audience::One(one) => *one == workspace,
            Audience::Several(all) => all.contains(&workspace),
        };
        if !is_for_us {
            return Err(refuse("X-Customer-Token is for another workspace: aud must be this one's id."));
        }
        let now = now.as_seconds();
        let Claims { iat, exp, nbf, .. } = claims;
        if exp.saturating_add(LEEWAY_SECONDS) <= now {
            return Err(refuse("X-Customer-Token has expired. Get a new one."));
        }
        if iat.max(nbf.unwrap_or(iat)) > now + LEEWAY_SECONDS {
            return Err(refuse("X-Customer-Token is not valid yet: iat or nbf lies ahead."));
        }
        if exp <= iat || exp.saturating_sub(iat) > longest {
            return Err(refuse("X-Customer-Token may live for 24 hours at the most: from iat to exp."));
        }
        let customer =
            CustomerId::parse(claims.sub).map_err(|_| refuse("X-Customer-Token has no customer's id in sub."))?;
        Ok(Verified { customer, source, issued_at: iat })
    }
}

/// The library's own checks of times go by the ambient clock, and of audiences are lenient: both are done here.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

impl Verified {
    /// A fresh token in place of this one, if it is an anonymous customer's and has been there for a day.
    pub fn renewed(&self, workspace: WorkspaceId, identity: &Identity, now: Timestamp) -> Option<String> {
        let old = self.source == IdentitySource::Anonymous
            && now.as_seconds() >= self.issued_at.saturating_add(RENEWED_AFTER_SECONDS);
        let secret = identity.anonymous.as_ref().filter(|_| old)?;
        anonymous(secret, workspace, &self.customer, now).ok()
    }
}

/// A token for an anonymous customer.
pub(crate) fn anonymous(
    secret: &IdentitySecret,
    workspace: WorkspaceId,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<String, Problem> {
    sign(secret, workspace, customer, now, ANONYMOUS_SECONDS)
        .map_err(|e| Problem::internal(format!("a token cannot be signed: {e}")))
}

/// Signs a token as a workspace's back end does, for so many seconds from now.
///
/// # Errors
/// When it cannot be written.
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
