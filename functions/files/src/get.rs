use deskless_api::{ApiPath, ApiQuery, IfNoneMatch, NoParameters, Principal, Reply, ok, scope::ReadFiles, with_secret};
use deskless_app::files;
use deskless_domain::FileId;

use crate::{access::access, dto::FileResponse};

/// Retrieve a file
///
/// Returns the file with a `downloadUrl` that is valid for five minutes. A deleted file returns 404. With a client key, only
/// files of the customer's conversations.
#[utoipa::path(
    get,
    path = "/api/v1/files/{fileId}",
    tag = "Files",
    params(
        ("fileId" = String, Path, format = "uuid", description = "The file's id"),
    ),
    responses(
        (status = 200, description = "The file", body = FileResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Cache-Control" = String, description = "`no-store`, because `downloadUrl` gives access to the file"),
        )),
    ),
)]
pub async fn get_file(
    caller: Principal<ReadFiles>,
    ApiPath(id): ApiPath<FileId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let (file, download) = files::get(access(&caller), id).await?;
    // The URL expires, so a browser must not revalidate its copy either.
    with_secret(ok(file.version, &FileResponse::new(&file, download)))
}
