use deskless_api::{ApiPath, ApiQuery, NoParameters, Principal, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::conversations;
use deskless_domain::ConversationId;
use http::StatusCode;

use super::dto::{ConversationObject, Viewer};

/// Returns a conversation; to a customer, one of their own.
pub async fn get_conversation(
    caller: Principal<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let object = match caller {
        Principal::Server(caller) => {
            let view = conversations::get(caller.store(), id).await?;
            ConversationObject::new(&view.conversation, Viewer::Server)
        }
        Principal::Customer(caller) => {
            ConversationObject::new(&conversations::get_own(caller.store(), id).await?, Viewer::Customer)
        }
    };
    respond(StatusCode::OK, &object)
}
