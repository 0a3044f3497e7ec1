use axum::extract::RawQuery;
use deserr::Deserr;
use deskless_api::{
    Caller, Idempotent, InvalidRequest, Json, JsonObject, Problem, Reply, Whole, dialect::respond, replayed,
    scope::WriteConversations,
};
use deskless_app::messages::{self, BodySource, NewMessage};
use deskless_domain::{
    BodyLimit, Channel, ConversationId, ExternalId, FileId, MessageBody, MessageContent, MessageType, Metadata,
    PersonName, Role, Sender,
};
use http::StatusCode;

use super::dto::{SERVICE, row};
use crate::apex::{
    error::{bad_request, invalid},
    files, organization,
    query::Query,
};

/// A message to send.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct CreateMessage {
    conversation_id: ConversationId,
    #[deserr(default)]
    organization_id: Option<String>,
    #[deserr(default, rename = "contact_id")]
    _contact_id: Option<String>,
    #[deserr(default)]
    message_text: Option<String>,
    #[deserr(default = ApexType::Text)]
    message_type: ApexType,
    #[deserr(default)]
    template: Option<Json>,
    #[deserr(default)]
    conversation_file_id: Option<FileId>,
    #[deserr(default)]
    s3_path: Option<String>,
    #[deserr(default)]
    s3_key: Option<String>,
    #[deserr(default)]
    media_url: Option<String>,
    #[deserr(default, rename = "file_name")]
    _file_name: Option<String>,
    #[deserr(default, rename = "file_type")]
    _file_type: Option<String>,
    #[deserr(default, rename = "file_size")]
    _file_size: Option<Whole>,
    #[deserr(default)]
    external_id: Option<ExternalId>,
    #[deserr(default)]
    sender_name: Option<PersonName>,
}

/// The service's types of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
pub enum ApexType {
    /// A text.
    Text,
    /// An internal note.
    Note,
    /// A file.
    Image,
    /// A file.
    Audio,
    /// A file.
    Video,
    /// A file.
    Document,
    /// A file.
    File,
    /// A template that the provider has approved.
    Template,
}

impl CreateMessage {
    /// Returns the file to attach. Its id is also the last part of its key, its path and its URL.
    fn file(&self) -> Result<Option<FileId>, Problem> {
        let mut file = self.conversation_file_id;
        for (name, value) in [("s3_path", &self.s3_path), ("s3_key", &self.s3_key), ("media_url", &self.media_url)] {
            let Some(value) = value else { continue };
            let named = files::id_in(value).ok_or_else(|| bad_request(name, "must be that of an uploaded file"))?;
            if file.is_some_and(|file| file != named) {
                return Err(bad_request(name, "must be that of the same file as the other fields"));
            }
            file = Some(named);
        }
        Ok(file)
    }

    fn content(&self) -> Result<Option<MessageContent>, Problem> {
        match (&self.template, self.message_type) {
            (None, ApexType::Template) => {
                Err(bad_request("template", "is required in a message of the type `template`"))
            }
            (None, _) => Ok(None),
            (Some(Json::Object(template)), ApexType::Template) => {
                let content = JsonObject::from_iter([("template".to_owned(), Json::Object(template.clone()))]);
                let content = MessageContent::from_json(Json::Object(content).to_string());
                content.map(Some).map_err(|error| invalid("template", &error))
            }
            (Some(_), ApexType::Template) => Err(bad_request("template", "must be an object")),
            (Some(_), _) => Err(bad_request("template", "is allowed only in a message of the type `template`")),
        }
    }

    fn into_command(self) -> Result<NewMessage, Problem> {
        let file = self.file()?;
        let content = self.content()?;
        let is_media = matches!(
            self.message_type,
            ApexType::Image | ApexType::Audio | ApexType::Video | ApexType::Document | ApexType::File
        );
        if is_media && file.is_none() {
            return Err(bad_request("conversation_file_id", "is required in a message with a file"));
        }
        let text = self.message_text.filter(|text| !text.is_empty());
        if text.is_none() && file.is_none() && content.is_none() {
            return Err(bad_request("message_text", "is required, unless you send a file or a template"));
        }
        let body = match text {
            Some(text) => {
                let body = MessageBody::parse_within(text, BodyLimit::MAX);
                BodySource::Text(body.map_err(|error| invalid("message_text", &error))?)
            }
            None => BodySource::Empty,
        };
        Ok(NewMessage {
            role: Role::Assistant,
            kind: if self.message_type == ApexType::Note { MessageType::Note } else { MessageType::Reply },
            body,
            body_limit: BodyLimit::MAX,
            content,
            sender: self.sender_name.map(|name| Sender { name: Some(name), ..Sender::default() }),
            external_id: self.external_id,
            attachments: file.into_iter().collect(),
            metadata: Metadata::default(),
        })
    }
}

/// Adds an assistant's reply or a note to a conversation on the channel.
pub async fn create(
    channel: Channel,
    caller: Caller<WriteConversations>,
    RawQuery(query): RawQuery,
    request: Idempotent<CreateMessage>,
) -> Reply {
    let query = Query::of_one(query.as_deref(), &SERVICE)?;
    query.refuse_conditions()?;
    let (request, key) = request.into_parts(&caller);
    organization::check(&caller, request.organization_id.as_deref())?;
    let conversation = request.conversation_id;
    if conversation.channel() != Some(channel) {
        return Err(Problem::not_found());
    }
    let added = messages::create(caller.store(), conversation, request.into_command()?, key.as_ref()).await?;
    let created = row(&caller.store().workspace_id().to_string(), &added.outcome.message);
    replayed(added.is_replay, respond(StatusCode::CREATED, &query.selected(created)))
}
