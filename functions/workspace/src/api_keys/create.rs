use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, finish, openapi::BASE, scope::WriteKeys,
};
use deskless_domain::{KeyKind, Timestamp, Title};
use deskless_store::{KeyRequest, NewKey};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::{ApiKeyObject, Origins, Scopes, check_end, check_grant};

/// A key to make.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateApiKeyRequest {
    name: Title,
    /// `server` unless said otherwise: for a back end. `client` is for a browser or an app. It never changes.
    #[deserr(default = KeyKind::Server)]
    #[schema(required = false)]
    kind: KeyKind,
    /// What it allows: at least one, and none that your own key lacks.
    #[schema(value_type = Vec<deskless_domain::Scope>, min_items = 1)]
    scopes: Scopes,
    /// From which web origins it may be used; from anywhere, unless it is said. At most 20.
    #[deserr(default)]
    #[schema(value_type = Vec<deskless_domain::Origin>, required = false, max_items = 20)]
    allowed_origins: Origins,
    /// When it stops working: a time that lies ahead. Never, unless it is said.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewApiKeyResponse {
    api_key: ApiKeyObject,
    /// What its holder sends. It is shown here and never again: null in the answer to a repeat.
    #[schema(required)]
    secret: Option<String>,
}

/// Create an API key
#[utoipa::path(
    post,
    path = "/api/v1/api-keys",
    tag = "API keys",
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, description = "Created", body = NewApiKeyResponse, headers(
            ("Location" = String, description = "Where it is"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
    ),
)]
pub async fn create_api_key(
    caller: Caller<WriteKeys>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateApiKeyRequest>,
) -> Reply {
    let answer = |new: &NewKey, secret: Option<String>| {
        let location = format!("{BASE}/api-keys/{}", new.key.id);
        created(location, new.key.version, &NewApiKeyResponse { api_key: (&new.key).into(), secret })
    };
    let stored = |new: &NewKey| answer(new, None);
    let (request, repeat) = request.into_parts(&caller, &stored);
    check_end(request.expires_at, caller.store().clock())?;
    check_grant(caller.credential(), &request.scopes.0, &[])?;
    let wanted = KeyRequest {
        name: request.name,
        kind: request.kind,
        scopes: request.scopes.0,
        allowed_origins: request.allowed_origins.0,
        expires_at: request.expires_at,
    };
    let outcome = caller.store().create_key_once(wanted, repeat).await?;
    finish(outcome, |new: &NewKey| answer(new, Some(new.secret.reveal().to_owned())))
}
