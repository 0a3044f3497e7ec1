use axum::http::{HeaderValue, header};
use deskless_api::{
    ApiPath, ApiQuery, IfNoneMatch, NoParameters, Principal, Reply, not_modified, ok, scope::ReadFiles,
};
use deskless_domain::FileId;

use crate::{dto::FileResponse, whose::Files};

/// Retrieve a file
///
/// With a `downloadUrl`, signed anew for each answer, under which S3 gives the file as an attachment. The `ETag` is the file's
/// version: a 304 brings no fresh `downloadUrl`. A file that was deleted is a 404, also where messages still show it.
///
/// With a client key: only files of the customer's conversations.
#[utoipa::path(
    get,
    path = "/api/v1/files/{fileId}",
    tag = "Files",
    params(
        ("fileId" = String, Path, format = "uuid", description = "The file's id"),
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer"),
    ),
    responses(
        (status = 200, description = "The file", body = FileResponse, headers(
            ("ETag" = String, description = "Its version"),
            ("Cache-Control" = String, description = "`no-store`: the address is the key to the file"),
        )),
    ),
)]
pub async fn get_file(
    caller: Principal<ReadFiles>,
    ApiPath(id): ApiPath<FileId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    known: IfNoneMatch,
) -> Reply {
    let files = match &caller {
        Principal::Server(caller) => Files::Workspace(caller.store()),
        Principal::Customer(caller) => Files::Customer(caller.store()),
    };
    let file = files.get(id).await?;
    if known.holds(file.version) {
        return Ok(not_modified(file.version));
    }
    let mut response = ok(Some(file.version), &FileResponse::new(&file, files.download(&file)?))?;
    // A browser would ask for its copy's version, and go on with an address that is over.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
