use deskless_api::{
    ApiPath, ApiQuery, IfNoneMatch, NoParameters, Principal, Reply, not_modified, ok, scope::ReadFiles,
};
use deskless_app::files;
use deskless_domain::FileId;
use http::{HeaderValue, header};

use crate::{access::access, dto::FileResponse};

/// Retrieve a file
///
/// Returns the file with a `downloadUrl` that is valid for five minutes. Each response has a new one, except a 304. A deleted
/// file returns 404, even if messages still have it as an attachment.
///
/// With a client key, only files of the customer's conversations.
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
    known: IfNoneMatch,
) -> Reply {
    let (file, download) = files::get(access(&caller), id).await?;
    if known.holds(file.version) {
        return Ok(not_modified(file.version));
    }
    let mut response = ok(file.version, &FileResponse::new(&file, download))?;
    // Otherwise a browser would revalidate its copy and use an expired URL.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
