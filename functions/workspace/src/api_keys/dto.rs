use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{InvalidRequest, object_tag};
use deskless_domain::{ApiKey, Invalid, KeyId, KeyKind, Origin, RateLimit, Scope, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"api_key"`
    ApiKeyTag = "api_key"
);

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub struct ApiKeyObject {
    object: ApiKeyTag,
    #[schema(format = "uuid")]
    id: String,
    name: String,
    /// The kind.
    kind: KeyKind,
    /// The scopes.
    scopes: Vec<Scope>,
    /// The web origins from which the key can be used. Empty for any origin.
    #[schema(value_type = Vec<String>)]
    allowed_origins: Vec<Origin>,
    /// The time at which the key expires. `null` if it never expires.
    #[schema(required, format = "date-time")]
    expires_at: Option<String>,
    /// The number of requests a minute. `null` for the default, 6,000.
    #[schema(required)]
    rate_limit: Option<u32>,
    /// The last four characters of the secret.
    last4: String,
    /// The API key that created it. `null` if it was created on the command line.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    created_by_key_id: Option<KeyId>,
    /// The time at which it was revoked. `null` if it was not.
    #[schema(required, format = "date-time")]
    revoked_at: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

impl From<&ApiKey> for ApiKeyObject {
    fn from(key: &ApiKey) -> Self {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        Self {
            object: ApiKeyTag,
            id: key.id.to_string(),
            name: key.name.to_string(),
            kind: key.kind,
            scopes: key.scopes.clone(),
            allowed_origins: key.allowed_origins.clone(),
            expires_at: time(key.expires_at),
            rate_limit: key.rate_limit.map(RateLimit::requests),
            last4: key.last4.clone(),
            created_by_key_id: key.created_by,
            revoked_at: time(key.revoked_at),
            created_at: key.created_at().to_string(),
            updated_at: key.updated_at.to_string(),
        }
    }
}

deskless_api::envelope!(ApiKey => ApiKeyObject, api_key, api_keys, ApiKeyResponse, ApiKeyListResponse);

/// At least one scope. Duplicates are removed.
#[derive(Debug, Clone)]
pub struct Scopes(pub Vec<Scope>);

impl Deserr<InvalidRequest> for Scopes {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let mut scopes = Vec::<Scope>::deserialize_from_value(value, location)?;
        if scopes.is_empty() {
            return Err(InvalidRequest::at(location, &Invalid::new("too_few", "must have at least one scope")));
        }
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Self(scopes))
    }
}

/// At most 20 web origins. Duplicates are removed.
#[derive(Debug, Clone, Default)]
pub struct Origins(pub Vec<Origin>);

impl Origins {
    const MAX: usize = 20;
}

impl Deserr<InvalidRequest> for Origins {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let mut origins: Vec<Origin> = Vec::new();
        for origin in Vec::<Origin>::deserialize_from_value(value, location)? {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        if origins.len() > Self::MAX {
            let message = format!("must have at most {} origins; it has {}", Self::MAX, origins.len());
            return Err(InvalidRequest::at(location, &Invalid::new("too_many", message)));
        }
        Ok(Self(origins))
    }
}
