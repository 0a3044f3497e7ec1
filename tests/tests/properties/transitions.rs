//! The table holds what the domain says: each transition is written blindly, and a read returns what
//! `Conversation::after` gives.

use deskless_domain::{
    Conversation, ConversationId, ConversationPatch, CustomerId, FieldChange, InboxId, MemberId, Message, MessageBody,
    MessageDraft, MessageId, MessageOrigin, MessageType, Metadata, PlacementPatch, Precondition, Priority, ReadMark,
    Resolution, Resolved, Role, Status, StatusChange, Subject, Tag, Tags, Timestamp, Transition,
};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};
use deskless_tests::World;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use crate::support::check_async;

/// A command on a conversation.
#[derive(Debug, Clone)]
enum Command {
    Patch { patch: Box<ConversationPatch>, is_idempotent: bool },
    Message { role: Role, kind: MessageType, origin: MessageOrigin },
    DeleteMessage(usize),
}

fn status_changes() -> impl Strategy<Value = StatusChange> {
    let resolutions = || select(vec![Resolution::Resolved, Resolution::Completed, Resolution::Abandoned]);
    prop_oneof![
        2 => Just(StatusChange::Keep),
        2 => select(vec![Status::Open, Status::Waiting]).prop_map(|status| StatusChange::Status(Resolved::No(status))),
        2 => proptest::option::of(resolutions()).prop_map(|given| StatusChange::Status(Resolved::Yes(given))),
        1 => resolutions().prop_map(StatusChange::Resolution),
    ]
}

fn field_changes<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = FieldChange<T>> {
    prop_oneof![3 => Just(FieldChange::Keep), 1 => Just(FieldChange::Clear), 1 => select(values).prop_map(FieldChange::Set)]
}

/// Generates nothing, small metadata, or metadata that has an item of its own.
fn metadata() -> impl Strategy<Value = Option<Metadata>> {
    let sizes = prop_oneof![3 => Just(None), 1 => select(vec![0_usize, 10, 2000]).prop_map(Some)];
    sizes.prop_map(|size| {
        let value = match size? {
            0 => json!({}),
            size => json!({ "text": "x".repeat(size) }),
        };
        Some(Metadata::from_json(&value.to_string()).expect("metadata"))
    })
}

fn patches() -> impl Strategy<Value = ConversationPatch> {
    let ids = |n: u8| [n; 16];
    let placement = (
        field_changes(vec![InboxId::from_bytes(ids(1)), InboxId::from_bytes(ids(2))]),
        field_changes(vec![MemberId::from_bytes(ids(3)), MemberId::from_bytes(ids(4))]),
    );
    let read = prop_oneof![
        3 => Just(None),
        1 => Just(Some(ReadMark::Everything)),
        1 => (0..3_u64).prop_map(move |left| Some(ReadMark::UpTo(MessageId::from_bytes(ids(5)), left))),
    ];
    let texts = (
        proptest::option::of(select(vec!["low", "urgent"])),
        proptest::option::of(select(vec!["Billing", "Access"])),
        proptest::option::of(vec(select(vec!["a", "b", "c"]), 0..3)),
    );
    let snoozes = field_changes(vec![Timestamp::from_millis(1_900_000_000_000)]);
    (status_changes(), proptest::option::of(any::<bool>()), texts, metadata(), placement, snoozes, read).prop_map(
        |(state, escalated, (priority, subject, tags), metadata, (inbox_id, assignee_id), snoozed_until, read)| {
            ConversationPatch {
                state,
                escalated,
                priority: priority.map(|text| Priority::parse(text.to_owned()).expect("a priority")),
                subject: subject.map(|text| Subject::parse(text.to_owned()).expect("a subject")),
                tags: tags.map(|tags| {
                    Tags::parse(tags.into_iter().map(|tag| Tag::parse(tag.to_owned()).expect("a tag")).collect())
                        .expect("tags")
                }),
                metadata,
                placement: PlacementPatch { inbox_id, assignee_id, ..PlacementPatch::default() },
                snoozed_until,
                read,
            }
        },
    )
}

fn commands() -> impl Strategy<Value = Command> {
    let roles = select(vec![Role::User, Role::Assistant, Role::System]);
    let kinds = select(vec![MessageType::Reply, MessageType::Reply, MessageType::Note]);
    let origins = select(vec![MessageOrigin::Workspace, MessageOrigin::Customer]);
    prop_oneof![
        4 => (patches(), any::<bool>())
            .prop_map(|(patch, is_idempotent)| Command::Patch { patch: Box::new(patch), is_idempotent }),
        4 => (roles, kinds, origins).prop_map(|(role, kind, origin)| Command::Message { role, kind, origin }),
        1 => (0..9_usize).prop_map(Command::DeleteMessage),
    ]
}

/// A conversation whose state is predicted by the domain alone.
struct Predicted {
    store: TenantStore,
    conversation: Conversation,
    messages: Vec<Message>,
    step: usize,
}

impl Predicted {
    async fn apply(&mut self, command: Command) {
        self.step += 1;
        match command {
            Command::Patch { patch, is_idempotent } => self.patch(&patch, is_idempotent).await,
            Command::Message { role, kind, origin } => self.add(role, kind, origin).await,
            Command::DeleteMessage(index) => self.delete(index).await,
        }
        let stored = self.store.get_conversation(self.conversation.id).await.expect("the conversation");
        assert_eq!(stored, self.conversation);
    }

    async fn patch(&mut self, patch: &ConversationPatch, is_idempotent: bool) {
        let (id, read) = (self.conversation.id, self.conversation.clone());
        let transition = Transition::of_patch(patch, self.store.clock().now());
        let predicted = read.clone().after(&transition);
        match predicted {
            Ok(after) if is_idempotent => {
                let (identity, fingerprint) = (format!("step {}", self.step), "a patch".to_owned());
                let key = IdempotencyKey::new(identity, fingerprint);
                let written = self.store.update_conversation_once(&read, &transition, after.clone(), Some(&key)).await;
                assert_eq!(written.expect("the patch is allowed"), Some(Once::first(after.clone())));
                self.conversation = after;
            }
            Ok(after) => {
                let updated = self.store.update_conversation(id, patch, &Precondition::NONE).await;
                assert_eq!(updated.expect("the patch is allowed"), after);
                self.conversation = after;
            }
            Err(_) => {
                let refused = self.store.update_conversation(id, patch, &Precondition::NONE).await;
                assert!(matches!(refused, Err(StoreError::NotSolved)), "{refused:?}");
            }
        }
    }

    async fn add(&mut self, role: Role, kind: MessageType, origin: MessageOrigin) {
        let draft = MessageDraft {
            role,
            kind,
            body: Some(MessageBody::parse(format!("Message {}", self.step)).expect("a body")),
            content: None,
            sender: None,
            external_id: None,
            attachments: Vec::new(),
            metadata: Metadata::default(),
        };
        let customer = self.conversation.customer.id.clone();
        let owner: Option<&CustomerId> = (origin == MessageOrigin::Customer).then_some(&customer);
        let added =
            self.store.create_message(self.conversation.id, owner, &draft, Vec::new(), None).await.expect("a message");
        let message = added.outcome.message;
        let transition = Transition::of_message(&message, origin);
        self.conversation = self.conversation.clone().after(&transition).expect("messages are always allowed");
        self.messages.push(message);
    }

    async fn delete(&mut self, index: usize) {
        if self.messages.is_empty() {
            return;
        }
        let message = self.messages.remove(index % self.messages.len());
        let newest_left = self.messages.iter().rfind(|left| left.draft.is_reply());
        let now = self.store.clock().now();
        let transition = Transition::of_deleted_message(&self.conversation, &message, newest_left, now);
        self.store.delete_message(message.conversation_id, message.id, &Precondition::NONE).await.expect("deleted");
        self.conversation = self.conversation.clone().after(&transition).expect("deletions are always allowed");
    }
}

#[test]
fn table_holds_what_domain_decides() {
    let channels = select(vec!["web", "whatsapp"]);
    check_async(60, &(channels, vec(commands(), 1..14)), async |(channel, commands)| {
        let world = World::new().await;
        let opened = json!({ "subject": "Login fails", "channel": channel, "customer": { "id": "cus_1" } });
        let path = world.server_key().open(&opened).await;
        let id = ConversationId::parse(path["id"].as_str().expect("an id")).expect("a conversation id");
        let store = world.tenant().await;
        let conversation = store.get_conversation(id).await.expect("the conversation");
        let mut predicted = Predicted { store, conversation, messages: Vec::new(), step: 0 };
        for command in commands {
            world.clock.advance_millis(1500);
            predicted.apply(command).await;
        }
    });
}
