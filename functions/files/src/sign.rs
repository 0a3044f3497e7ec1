use deserr::Deserr;
use deskless_api::{
    Actor, ApiQuery, Code, Idempotent, InvalidRequest, NoParameters, Principal, Problem, Reply, created, finish,
    openapi::BASE, scope::WriteFiles,
};
use deskless_domain::{ContentType, ConversationId, File, FileDraft, FileId, FileSize, FileStatus, FileTitle};
use deskless_store::{Answer, Once, StoreError, Upload};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{dto::SignFileResponse, whose::Files};

/// A file to upload.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct SignFileRequest {
    /// What it is called: 1 to 255 characters.
    file_name: FileTitle,
    /// Its media type, such as `image/png`.
    content_type: ContentType,
    /// How many bytes it has: at most 25 MiB.
    #[schema(value_type = u64, minimum = 1, maximum = 26_214_400)]
    size: FileSize,
    /// Whose file it is; null: the workspace's, for predefined messages.
    #[schema(required)]
    conversation_id: Option<ConversationId>,
}

impl From<SignFileRequest> for FileDraft {
    fn from(SignFileRequest { file_name, content_type, size, conversation_id }: SignFileRequest) -> Self {
        Self { conversation_id, name: file_name, content_type, size }
    }
}

fn answer(file: &File, upload: Option<Upload>) -> Result<Answer, StoreError> {
    created(format!("{BASE}/files/{}", file.id), file.version, &SignFileResponse::new(file, upload))
}

/// Sign an upload
///
/// The first of three steps: announce a file and get a form for it, signed for five minutes. The second is to post the form
/// with the file to S3, which takes exactly this much of exactly this type. The third is to register the file.
///
/// The signature is not stored: a repeat with the same `Idempotency-Key` gets a fresh one for the same file.
///
/// With a client key: only in a conversation of the customer's.
#[utoipa::path(
    post,
    path = "/api/v1/files/sign",
    tag = "Files",
    params(("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer")),
    request_body = SignFileRequest,
    responses(
        (status = 201, description = "Announced", body = SignFileResponse, headers(
            ("Location" = String, description = "Where it is"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
    ),
)]
pub async fn sign_file(
    caller: Principal<WriteFiles>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<SignFileRequest>,
) -> Reply {
    match &caller {
        Principal::Server(caller) => sign(caller, Files::Workspace(caller.store()), request).await,
        Principal::Customer(caller) => {
            if request.body.conversation_id.is_none() {
                let detail = "With a client key a file belongs to a conversation: conversationId may not be null.";
                return Err(Problem::new(Code::Forbidden, detail));
            }
            sign(caller, Files::Customer(caller.store()), request).await
        }
    }
}

async fn sign(actor: &impl Actor, files: Files<'_>, request: Idempotent<SignFileRequest>) -> Reply {
    // Whoever could read a stored signature could upload.
    let stored = |file: &File| answer(file, None);
    let (request, repeat) = request.into_parts(actor, &stored);
    match files.sign(request.into(), repeat).await? {
        Once::Done(file) => {
            let upload = files.upload(&file)?;
            finish(Once::Done(file), |file| answer(file, Some(upload.clone())))
        }
        Once::Replayed(earlier) => finish(Once::Replayed(again(files, earlier).await?), stored),
    }
}

/// The answer to a repeat, with a signature that still holds.
async fn again(files: Files<'_>, earlier: Answer) -> Result<Answer, Problem> {
    let body: Value = serde_json::from_slice(&earlier.body)
        .map_err(|e| Problem::internal(format!("a stored answer cannot be read: {e}")))?;
    let Some(id) = body["file"]["id"].as_str().and_then(FileId::parse) else {
        return Err(Problem::internal("a stored answer names no file"));
    };
    match files.get(id).await {
        Ok(file) if file.status == FileStatus::Pending => Ok(answer(&file, Some(files.upload(&file)?))?),
        Ok(_) | Err(StoreError::NotFound) => Ok(earlier),
        Err(error) => Err(error.into()),
    }
}
