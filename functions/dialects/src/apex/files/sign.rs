use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, dialect::respond, scope::WriteFiles, shown_once,
};
use deskless_app::files;
use deskless_domain::{ContentType, FileTitle};
use http::StatusCode;
use serde_json::json;

/// A file to upload. `bucket` and `path` are accepted and not used: files are in the bucket of the deployment, under keys that contain
/// the workspace.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct SignUrl {
    #[deserr(rename = "type")]
    content_type: ContentType,
    #[deserr(rename = "filename")]
    _name: FileTitle,
    #[deserr(default, rename = "path")]
    _path: Option<String>,
    #[deserr(default, rename = "bucket")]
    _bucket: Option<String>,
}

/// Returns a URL to which a file is sent with PUT, within five minutes.
pub async fn sign(
    caller: Caller<WriteFiles>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<SignUrl>,
) -> Reply {
    let (request, _) = request.into_parts(&caller);
    let (id, signed) = files::sign_url(caller.store(), &request.content_type)?;
    let body = json!({
        "id": id.to_string(),
        "signedUrl": signed.url,
        "s3Path": signed.uri,
        "s3PathWithoutBucket": signed.key,
        "headers": { "Content-Type": request.content_type },
    });
    shown_once(respond(StatusCode::CREATED, &body))
}
