use deserr::Deserr;
use deskless_api::{
    ApiQuery, Code, Idempotent, InvalidRequest, NoParameters, Principal, Problem, Reply, created, openapi::BASE,
    replayed, scope::WriteFiles, shown_once,
};
use deskless_app::files;
use deskless_domain::{ContentType, ConversationId, FileDraft, FileSize, FileTitle};
use utoipa::ToSchema;

use crate::{access::access, dto::SignFileResponse};

/// A file to upload.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct SignFileRequest {
    /// The file name.
    file_name: FileTitle,
    /// The media type, such as `image/png`.
    content_type: ContentType,
    /// The size in bytes: at most 25 MiB.
    #[schema(value_type = u64, minimum = 1, maximum = 26_214_400)]
    size: FileSize,
    /// The conversation that the file belongs to. `null` for a file of the workspace.
    #[schema(required)]
    conversation_id: Option<ConversationId>,
}

impl From<SignFileRequest> for FileDraft {
    fn from(SignFileRequest { file_name, content_type, size, conversation_id }: SignFileRequest) -> Self {
        Self { conversation_id, name: file_name, content_type, size }
    }
}

/// Sign an upload
///
/// The first of three steps. Returns a form that is valid for five minutes. Post the form with the file to S3, then register the
/// file. With a client key, only for one of the customer's conversations.
#[utoipa::path(
    post,
    path = "/api/v1/files/sign",
    tag = "Files",
    request_body = SignFileRequest,
    responses(
        (status = 201, description = "The pending file and its upload form", body = SignFileResponse, headers(
            ("Location" = String, description = "The path of the new resource"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn sign_file(
    caller: Principal<WriteFiles>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<SignFileRequest>,
) -> Reply {
    if matches!(caller, Principal::Customer(_)) && request.body.conversation_id.is_none() {
        let detail = "With a client key, `conversationId` must be the id of one of the customer's conversations.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let (request, key) = request.into_parts(&caller);
    let signed = files::sign(access(&caller), request.into(), key.as_ref()).await?;
    let (file, upload) = signed.outcome;
    let location = format!("{BASE}/files/{}", file.id);
    shown_once(replayed(signed.is_replay, created(location, file.version, &SignFileResponse::new(&file, upload))))
}
