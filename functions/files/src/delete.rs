use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteFiles};
use deskless_app::files;
use deskless_domain::FileId;

/// Delete a file
///
/// Deletes the file at once, and from S3 in the background. Messages keep its name, type and size.
#[utoipa::path(
    delete,
    path = "/api/v1/files/{fileId}",
    tag = "Files",
    params(("fileId" = String, Path, format = "uuid", description = "The file's id")),
    responses((status = 204, description = "The file is deleted")),
)]
pub async fn delete_file(
    caller: Caller<WriteFiles>,
    ApiPath(id): ApiPath<FileId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    files::delete(caller.store(), id, &precondition).await?;
    Ok(no_content())
}
