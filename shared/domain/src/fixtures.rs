//! Conversations and messages for the unit tests of this crate.

use crate::{
    ApiKey, Channel, Conversation, ConversationId, ConversationPatch, Customer, CustomerDetails, CustomerId,
    Identifier, KeyId, KeyKind, Message, MessageBody, MessageDraft, MessageId, MessageOrigin, MessageType, Metadata,
    NewConversation, Placement, Priority, Resolved, Role, Scope, Source, Status, StatusChange, Subject, Tags,
    Timestamp, Title, Transition, WorkspaceId,
};

pub const OPENED: Timestamp = Timestamp::from_millis(1_782_669_600_000);

/// Returns the time `seconds` after the conversation was created.
pub fn at(seconds: i64) -> Timestamp {
    OPENED.plus_seconds(seconds)
}

pub fn message_id(seconds: i64) -> MessageId {
    MessageId::from_bytes(MessageId::end_of(at(seconds)).to_bytes())
}

pub fn conversation_on(channel: Channel) -> Conversation {
    let new = NewConversation {
        channel,
        source: Source::Api,
        status: Resolved::No(Status::Open),
        escalated: false,
        priority: Priority::default(),
        subject: Subject::parse("Login fails".to_owned()).expect("a subject"),
        external_id: None,
        session_key: None,
        placement: Placement::default(),
        snoozed_until: None,
        tags: Tags::default(),
        metadata: Metadata::default(),
    };
    let id = CustomerId::parse("cus_1".to_owned()).expect("an id");
    let customer = Customer::of_server(id, CustomerDetails::default());
    Conversation::open(ConversationId::on(channel, &At(OPENED)), 1, new, customer)
}

#[derive(Debug)]
struct At(Timestamp);

impl crate::Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
    fn fill_random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

pub fn message(conversation: &Conversation, seconds: i64, role: Role, kind: MessageType) -> Message {
    let draft = MessageDraft {
        role,
        kind,
        body: Some(MessageBody::parse(format!("At {seconds}")).expect("a body")),
        content: None,
        sender: None,
        external_id: None,
        attachments: Vec::new(),
        metadata: Metadata::default(),
    };
    draft.into_message(conversation.id, message_id(seconds))
}

pub fn customer_reply(conversation: &Conversation, seconds: i64) -> Message {
    message(conversation, seconds, Role::User, MessageType::Reply)
}

pub fn assistant_reply(conversation: &Conversation, seconds: i64) -> Message {
    message(conversation, seconds, Role::Assistant, MessageType::Reply)
}

pub fn add(conversation: Conversation, message: &Message) -> Conversation {
    add_from(conversation, message, MessageOrigin::Workspace)
}

pub fn add_from(conversation: Conversation, message: &Message, origin: MessageOrigin) -> Conversation {
    conversation.after(&Transition::of_message(message, origin)).expect("messages are always allowed")
}

pub fn set_status(conversation: Conversation, seconds: i64, state: Resolved) -> Conversation {
    let patch = ConversationPatch { state: StatusChange::Status(state), ..ConversationPatch::default() };
    conversation.after(&Transition::of_patch(&patch, at(seconds))).expect("a status is always allowed")
}

/// Returns a server key with these scopes and no limits.
pub fn api_key(scopes: &[Scope]) -> ApiKey {
    ApiKey {
        id: KeyId::from_bytes([1; 16]),
        workspace_id: WorkspaceId::from_bytes([2; 16]),
        name: Title::parse("A key".to_owned()).expect("a title"),
        kind: KeyKind::Server,
        scopes: scopes.to_vec(),
        allowed_origins: Vec::new(),
        expires_at: None,
        rate_limit: None,
        revoked_at: None,
        created_by: None,
        last4: String::new(),
        updated_at: OPENED,
        version: 1,
    }
}
