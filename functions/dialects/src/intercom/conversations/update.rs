use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, InvalidRequest, Json, Problem, Reply, scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{Conversation, ConversationId, ConversationPatch, ReadMark, Subject};

use super::{format_of, get::ShowQuery, reply_with};
use crate::intercom::{
    attributes::Attributes,
    values::{invalid, refuse},
};

/// An update of a conversation.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct UpdateRequest {
    #[deserr(default)]
    read: Option<bool>,
    #[deserr(default)]
    title: Option<Subject>,
    #[deserr(default)]
    custom_attributes: Option<Json>,
    #[deserr(default)]
    company_id: Option<Json>,
}

impl UpdateRequest {
    fn patch(&self, conversation: &Conversation) -> Result<ConversationPatch, Problem> {
        let metadata = match &self.custom_attributes {
            None | Some(Json::Null) => None,
            Some(Json::Object(changes)) => {
                let mut attributes = Attributes::of(&conversation.metadata);
                attributes.merge(changes)?;
                Some(attributes.metadata()?)
            }
            Some(_) => return Err(invalid("custom_attributes", "must be an object")),
        };
        let read = match self.read {
            Some(false) if conversation.unread_count == 0 => {
                return Err(invalid("read", "must be true: a conversation cannot be marked as unread"));
            }
            Some(true) if conversation.unread_count > 0 => Some(ReadMark::Everything),
            Some(_) | None => None,
        };
        Ok(ConversationPatch { read, subject: self.title.clone(), metadata, ..ConversationPatch::default() })
    }
}

/// Update a conversation. Custom attributes that are not sent stay.
pub async fn update_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(query): ApiQuery<ShowQuery>,
    ApiJson(request): ApiJson<UpdateRequest>,
) -> Reply {
    let format = format_of(query.display_as.as_deref())?;
    refuse(&[("company_id", &request.company_id)])?;
    conversations::edit(caller.store(), id, |conversation| request.patch(conversation), None).await?;
    reply_with(caller.store(), id, format).await
}
