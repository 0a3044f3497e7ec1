use deserr::Deserr;
use deskless_api::{
    ApiQuery, Idempotent, InvalidRequest, NoParameters, Principal, Reply, ok, replayed, scope::WriteFiles,
};
use deskless_app::files;
use deskless_domain::FileId;
use utoipa::ToSchema;

use crate::{access::access, dto::FileResponse};

/// An uploaded file.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct RegisterFileRequest {
    /// The file's id, from the response to signing.
    file_id: FileId,
}

/// Register a file
///
/// The last of three steps. Checks the upload. Then you can download the file and attach it to messages. With a client key, only
/// files of the customer's conversations.
#[utoipa::path(
    post,
    path = "/api/v1/files",
    tag = "Files",
    request_body = RegisterFileRequest,
    responses(
        (status = 200, description = "The registered file", body = FileResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "Nothing was uploaded, or the upload differs from what was signed", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn register_file(
    caller: Principal<WriteFiles>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<RegisterFileRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let registered = files::register(access(&caller), request.file_id, key.as_ref()).await?;
    let file = &registered.outcome;
    replayed(registered.is_replay, ok(file.version, &FileResponse::new(file, None)))
}
