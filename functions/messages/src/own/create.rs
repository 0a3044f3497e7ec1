use deskless_api::{
    CustomerCaller, Idempotent, Problem, Reply, Unread, created, finish, openapi::BASE, unless_replayed,
    wire::OwnMessageRequest,
};
use deskless_domain::{ConversationId, File, MessageDraft};
use deskless_store::{Once, Posted};

use super::dto::OwnMessageResponse;

/// Adds a reply of the customer's to a conversation of theirs.
pub async fn create_message(
    caller: &CustomerCaller,
    conversation: ConversationId,
    request: Idempotent<Unread>,
) -> Reply {
    let answer = |posted: &Posted| {
        let message = posted.message();
        let location = format!("{BASE}/conversations/{}/messages/{}", message.conversation_id, message.id);
        created(location, message.version, &OwnMessageResponse::from(message))
    };
    let (request, repeat) = request.read::<OwnMessageRequest>()?.into_parts(caller, &answer);
    let draft = if request.attachments().is_empty() {
        request.said_by(caller.customer())?
    } else {
        let draft = attached(caller, conversation, request);
        match unless_replayed(caller.store().replay(repeat.as_ref()), draft).await? {
            Once::Done(draft) => draft,
            Once::Replayed(earlier) => return finish(Once::Replayed(earlier), answer),
        }
    };
    let outcome = caller.store().create_message(conversation, draft, repeat).await?;
    finish(outcome, answer)
}

/// The message with its files, which are the conversation's own.
async fn attached(
    caller: &CustomerCaller,
    conversation: ConversationId,
    request: OwnMessageRequest,
) -> Result<MessageDraft, Problem> {
    let found = caller.store().ready_files(conversation, &request.attachments().ids()).await?;
    let own = |file: &File| file.draft.conversation_id == Some(conversation);
    let attachments = request.attachments().resolve(found, own, "")?;
    Ok(MessageDraft { attachments, ..request.said_by(caller.customer())? })
}
