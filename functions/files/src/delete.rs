use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteFiles};
use deskless_domain::FileId;

/// Delete a file
///
/// It is gone at once, and removed from S3 in the background; a `downloadUrl` that was given before may work until then. A
/// message to which it is attached goes on to show its name, type and size.
#[utoipa::path(
    delete,
    path = "/api/v1/files/{fileId}",
    tag = "Files",
    params(("fileId" = String, Path, format = "uuid", description = "The file's id")),
    responses((status = 204, description = "Deleted")),
)]
pub async fn delete_file(
    caller: Caller<WriteFiles>,
    ApiPath(id): ApiPath<FileId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
) -> Reply {
    caller.store().delete_file(id, expected.as_deref()).await?;
    Ok(no_content())
}
