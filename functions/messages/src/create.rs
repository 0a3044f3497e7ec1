use deskless_api::{
    ApiPath, ApiQuery, Idempotent, NoParameters, Principal, Reply, Unread, created, done, finish,
    openapi::BASE,
    scope::WriteConversations,
    unless_replayed,
    wire::{CreateMessageRequest, Wording},
};
use deskless_domain::{ConversationId, Scope};
use deskless_store::{Once, Posted};

use crate::{
    dto::MessageResponse,
    own::{self, dto::EitherMessageResponse},
};

/// Add a message
///
/// A customer's reply (`role: user`) opens a waiting or solved conversation again. A channel's provider may repeat itself: a
/// second message with an `externalId` that the conversation knows is not written, and the first one is the answer. With a
/// client key a message is a customer's reply: `body` and `attachments` are all that there is to say. With
/// `predefinedMessageId`, for which the key needs `read:replies` too, the body is what that predefined message makes of this
/// conversation, and its file is attached. A message keeps the name, type and size of its files, also when they are deleted.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/messages",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer"),
    ),
    request_body = CreateMessageRequest,
    responses(
        (status = 201, description = "Added", body = EitherMessageResponse, headers(
            ("Location" = String, description = "Where it is"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 200, description = "It is there already: this message has the externalId", body = MessageResponse, headers(
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 409, description = "The message with this externalId was deleted", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_message(
    caller: Principal<WriteConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<Unread>,
) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => return own::create::create_message(&caller, conversation, request).await,
    };
    let answer = |posted: &Posted| match posted {
        Posted::Added(message) => {
            let location = format!("{BASE}/conversations/{}/messages/{}", message.conversation_id, message.id);
            created(location, message.version, &MessageResponse::from(message))
        }
        Posted::Known(message) => done(message.version, &MessageResponse::from(message)),
    };
    let (request, repeat) = request.read::<CreateMessageRequest>()?.into_parts(&caller, &answer);
    if request.is_predefined() {
        caller.require(Scope::ReadReplies)?;
    }
    let store = caller.store();
    let is_plain = request.is_plain();
    let draft = request.draft(store, Some(conversation), "", async |wording| match wording {
        Wording::Said(body) => Ok((body, None)),
        // Boxed: it is large, and most messages do without.
        Wording::Predefined(id) => Ok(Box::pin(store.word_message(conversation, id)).await?),
    });
    let draft = if is_plain {
        draft.await?
    } else {
        match unless_replayed(store.replay(repeat.as_ref()), Box::pin(draft)).await? {
            Once::Done(draft) => draft,
            Once::Replayed(earlier) => return finish(Once::Replayed(earlier), answer),
        }
    };
    let outcome = store.create_message(conversation, draft, repeat).await?;
    finish(outcome, answer)
}
