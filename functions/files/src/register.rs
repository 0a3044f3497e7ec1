use deserr::Deserr;
use deskless_api::{
    Actor, ApiQuery, Idempotent, InvalidRequest, NoParameters, Principal, Reply, done, finish, scope::WriteFiles,
};
use deskless_domain::{File, FileId};
use utoipa::ToSchema;

use crate::{dto::FileResponse, whose::Files};

/// A file that was uploaded.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct RegisterFileRequest {
    /// The file's id, as signing gave it.
    file_id: FileId,
}

/// Register a file
///
/// The last of three steps: what was uploaded is looked at and put where its signature reaches it no more. From then on it
/// can be downloaded, and attached to messages. Asking again changes nothing and is answered alike.
///
/// With a client key: only files of the customer's conversations.
#[utoipa::path(
    post,
    path = "/api/v1/files",
    tag = "Files",
    params(("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer")),
    request_body = RegisterFileRequest,
    responses(
        (status = 200, description = "It is there", body = FileResponse, headers(
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 409, description = "Nothing was uploaded, or something else than was signed", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn register_file(
    caller: Principal<WriteFiles>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<RegisterFileRequest>,
) -> Reply {
    match &caller {
        Principal::Server(caller) => register(caller, Files::Workspace(caller.store()), request).await,
        Principal::Customer(caller) => register(caller, Files::Customer(caller.store()), request).await,
    }
}

async fn register(actor: &impl Actor, files: Files<'_>, request: Idempotent<RegisterFileRequest>) -> Reply {
    let answer = |file: &File| done(file.version, &FileResponse::new(file, None));
    let (request, repeat) = request.into_parts(actor, &answer);
    finish(files.register(request.file_id, repeat).await?, answer)
}
