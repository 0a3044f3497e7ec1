use deserr::Deserr;
use deskless_api::{ApiPath, Caller, Idempotent, InvalidRequest, Problem, Reply, replayed, scope::WriteConversations};
use deskless_app::{
    TenantStore,
    conversations::{self, CreateConversation},
    messages::BodySource,
};
use deskless_domain::{
    Channel, Customer, CustomerDetails, CustomerId, FieldChange, Inbox, InboxId, Member, MemberId, Metadata,
    NewConversation, Placement, PlacementPatch, Source, Subject, Tags,
};

use crate::chatwoot::{
    attributes::{More, Split, members},
    blank::{Blank, Time, Unsupported},
    dto::ConversationObject,
    find,
    id::Wanted,
    messages::NewMessageRequest,
    path::InAccount,
    query::{invalid, shown},
    status::{self, StatusOf},
};

/// A conversation to create.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct CreateConversationRequest {
    #[deserr(default)]
    source_id: Blank<CustomerId>,
    #[deserr(default)]
    contact_id: Blank<CustomerId>,
    #[deserr(default)]
    inbox_id: Blank<Wanted<InboxId>>,
    #[deserr(default)]
    assignee_id: Blank<Wanted<MemberId>>,
    #[deserr(default)]
    team_id: Unsupported,
    #[deserr(default)]
    status: Blank<String>,
    #[deserr(default)]
    snoozed_until: Blank<Time>,
    #[deserr(default)]
    priority: Blank<String>,
    #[deserr(default)]
    custom_attributes: Blank<Metadata>,
    #[deserr(default)]
    additional_attributes: Blank<Metadata>,
    #[deserr(default)]
    message: Blank<NewMessageRequest>,
}

impl CreateConversationRequest {
    async fn into_command(self, store: &TenantStore) -> Result<CreateConversation, Problem> {
        if self.team_id.0 {
            return Err(invalid("team_id", "must not be sent. Teams are not supported"));
        }
        let customer = match (self.contact_id.0, self.source_id.0) {
            (Some(contact), Some(source)) if contact != source => {
                return Err(invalid("source_id", "must be that of the contact in `contact_id`, or left out"));
            }
            (contact, source) => contact.or(source),
        };
        let customer = customer.ok_or_else(|| invalid("source_id", "is required, or `contact_id`"))?;
        let inbox = match self.inbox_id.0 {
            Some(wanted) if wanted != Wanted::Number(0) => Some(find::resource::<Inbox>(store, wanted).await?),
            _ => None,
        };
        let assignee = match self.assignee_id.0 {
            Some(wanted) if wanted != Wanted::Number(0) => Some(find::resource::<Member>(store, wanted).await?.id),
            _ => None,
        };
        let until = self.snoozed_until.0.map(|time| time.0);
        let status = StatusOf::parse(self.status.0.as_deref().unwrap_or("open"), until)?;
        let message = self.message.0.map(|message| message.into_command("message.content")).transpose()?;
        let additional = self.additional_attributes.0.as_ref().map(members).unwrap_or_default();
        let text = match message.as_ref().map(|message| &message.body) {
            Some(BodySource::Text(body)) => Some(body.as_str()),
            _ => None,
        };
        let subject =
            additional.get("mail_subject").and_then(|subject| serde_json::from_str::<String>(subject.get()).ok());
        let subject = subject_of(subject.as_deref().or(text))?;
        let custom = self.custom_attributes.0.as_ref().map(members).unwrap_or_default();
        let more = More { additional_attributes: additional, ..More::default() };
        let attributes = Split { custom, more, ..Split::default() };
        Ok(CreateConversation {
            conversation: NewConversation {
                channel: inbox.as_ref().map_or(Channel::Api, |inbox| inbox.fields.channel),
                source: Source::Api,
                status: status.status,
                escalated: false,
                priority: status::priority(self.priority.0.as_deref())?,
                subject,
                external_id: None,
                session_key: None,
                placement: Placement::default(),
                snoozed_until: status.snoozed_until.value().copied(),
                tags: Tags::default(),
                metadata: attributes.join("custom_attributes")?,
            },
            placement: PlacementPatch {
                inbox_id: inbox.map_or(FieldChange::Keep, |inbox| FieldChange::Set(inbox.id)),
                assignee_id: assignee.map_or(FieldChange::Keep, FieldChange::Set),
                ..PlacementPatch::default()
            },
            customer: Customer::of_server(customer, CustomerDetails::default()),
            message,
        })
    }
}

/// The number of characters of a first message that become the subject.
const SUBJECT_CHARACTERS: usize = 100;

/// Returns the subject of a conversation: the beginning of the first line of a text.
pub fn subject_of(text: Option<&str>) -> Result<Subject, Problem> {
    let line = text.and_then(|text| text.lines().next()).unwrap_or_default();
    let subject = Subject::parse(line.chars().take(SUBJECT_CHARACTERS).collect());
    subject.or_else(|_| Subject::parse("Conversation".to_owned())).map_err(|error| Problem::internal(error.message))
}

/// Creates a conversation, with its first message if there is one.
pub async fn create(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<InAccount>,
    request: Idempotent<CreateConversationRequest>,
) -> Reply {
    let store = caller.store();
    let account = path.account.of(store)?;
    let (request, key) = request.into_parts(&caller);
    let command = request.into_command(store).await?;
    let created = Box::pin(conversations::create(store, command, key.as_ref())).await?;
    let now = store.clock().now();
    replayed(created.is_replay, shown(&ConversationObject::new(&created.outcome, &account, now)))
}
