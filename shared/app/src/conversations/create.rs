use std::ops::ControlFlow;

use deskless_domain::{
    Conversation, ConversationId, Customer, CustomerDetails, Field, IdentitySource, Message, MessageDraft, MessageId,
    NewConversation, Placement, PlacementPatch,
};
use deskless_store::{ConversationToCreate, CustomerStore, Directory, IdempotencyKey, Once, TenantStore};

use super::ConversationView;
use crate::{
    AppError,
    messages::{CustomerMessage, NewMessage, ResolvedMessage},
    references,
    replay::unless_replayed,
};

/// A command to create a conversation.
#[derive(Debug, Clone)]
pub struct CreateConversation {
    /// The conversation. Its placement is resolved from `placement`.
    pub conversation: NewConversation,
    /// The inbox, assignee, assistant, pipeline and stage of the request.
    pub placement: PlacementPatch,
    /// The customer, who is created or updated.
    pub customer: Customer,
    /// The first message. It is created together with the conversation or not at all.
    pub message: Option<NewMessage>,
}

/// A command to create a conversation for a customer, who uses a client key.
#[derive(Debug, Clone)]
pub struct CreateCustomerConversation {
    /// The conversation.
    pub conversation: NewConversation,
    /// The customer's unverified contact details, which are stored only on this conversation.
    pub details: CustomerDetails,
    /// The first message.
    pub message: Option<CustomerMessage>,
}

/// AP-09 and AP-10: Creates a conversation, with a predefined message AP-83. Takes two round trips if it has no references. The
/// first takes the ticket number and reads the customer, the claim of their email and an earlier outcome at the same time. The
/// second writes.
///
/// # Errors
/// [`AppError::Invalid`] for references that do not exist and for a predefined message whose rendered text is invalid;
/// `Conflict` for a taken externalId or a customer who is being erased; [`AppError::IdempotencyKeyReused`];
/// [`AppError::OutcomeErased`] for a repeat whose conversation was deleted.
pub async fn create(
    store: &TenantStore,
    command: CreateConversation,
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, AppError> {
    let CreateConversation { conversation: new, placement, customer, message } = command;
    let resolved = match unless_replayed(store, key, resolve(store, placement, message).await).await? {
        ControlFlow::Continue(resolved) => resolved,
        ControlFlow::Break(earlier) => {
            // A repeat shows nothing of a customer who is being erased.
            store.known_customer(&customer, false).await?;
            return repeated(store, earlier.outcome).await;
        }
    };
    let Resolved { placement, names, message } = resolved;
    commit(store, NewConversation { placement, ..new }, &customer, (Vec::from_iter(message), names), key).await
}

/// AP-151: Creates a conversation with several messages, all or nothing. They have no attachments and no predefined messages. As AP-09
/// and AP-10.
///
/// # Errors
/// As [`create`].
pub async fn create_with_messages(
    store: &TenantStore,
    conversation: NewConversation,
    customer: &Customer,
    messages: Vec<MessageDraft>,
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, AppError> {
    let messages = messages.into_iter().map(ResolvedMessage::Text).collect();
    commit(store, conversation, customer, (messages, Directory::default()), key).await
}

/// AP-54: Creates a conversation for a customer. Updates no customer record and claims no email address, because the contact details
/// are not verified.
///
/// # Errors
/// [`AppError::Invalid`] for attachments: a new conversation has no files yet; [`AppError::IdempotencyKeyReused`];
/// [`AppError::OutcomeErased`] for a repeat whose conversation was deleted or whose customer is being erased.
pub async fn create_for_customer(
    store: &CustomerStore,
    command: CreateCustomerConversation,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Conversation>, AppError> {
    let CreateCustomerConversation { conversation, details, message } = command;
    let customer = Customer::of_client(store.customer().clone(), details, store.source());
    let message = match message {
        Some(message) => {
            let draft = message.without_files(store.customer()).map_err(|error| error.within(Field::FirstMessage))?;
            Some(ResolvedMessage::Text(draft))
        }
        None => None,
    };
    let messages = (Vec::from_iter(message), Directory::default());
    let created = commit(store.workspace(), conversation, &customer, messages, key).await?;
    Ok(created.map(|view| view.conversation))
}

/// What a new conversation refers to.
struct Resolved {
    placement: Placement,
    names: Directory,
    message: Option<ResolvedMessage>,
}

async fn resolve(
    store: &TenantStore,
    patch: PlacementPatch,
    message: Option<NewMessage>,
) -> Result<Resolved, AppError> {
    let mut placement = Placement::default();
    references::resolve(store, patch).await?.apply(&mut placement);
    let names = references::names(store, [&placement]).await?;
    let message = match message {
        Some(message) => {
            let message = message.resolve_first(store, &placement).await;
            Some(message.map_err(|error| error.within(Field::FirstMessage))?)
        }
        None => None,
    };
    Ok(Resolved { placement, names, message })
}

/// Writes a conversation and its first messages, again if the customer was updated meanwhile.
async fn commit(
    store: &TenantStore,
    new: NewConversation,
    customer: &Customer,
    (messages, names): (Vec<ResolvedMessage>, Directory),
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, AppError> {
    let (number, known, earlier) =
        tokio::join!(store.next_number(), store.known_customer(customer, false), store.replay(key));
    // A repeat shows nothing of a customer who is being erased.
    let mut known = known?;
    if let Some(earlier) = earlier? {
        return repeated(store, earlier).await;
    }
    let number = number?;
    let id = ConversationId::on(new.channel, store.clock());
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let opened = Conversation::open(id, number, new.clone(), known.shown(customer));
        let mut first: Vec<Message> = Vec::new();
        for message in &messages {
            let after = first.last().map_or(id.into(), |before| before.id);
            let draft = first_draft(message, &opened)?;
            first.push(draft.into_message(id, MessageId::following(after, 0, store.clock())));
        }
        let conversation = first.iter().fold(opened, Conversation::opened_with);
        let new = ConversationToCreate { conversation: &conversation, messages: &first, customer, known: &known };
        let outcome = ConversationView { conversation: conversation.clone(), names: names.clone() };
        if let Some(created) = store.create_conversation(&new, outcome, key).await? {
            return if created.is_replay { repeated(store, created.outcome).await } else { Ok(created) };
        }
        backoff.pause("the customer keeps changing").await?;
        known = store.known_customer(customer, true).await?;
    }
}

/// Returns the outcome of a repeat. Its conversation may be deleted although its items are not removed yet.
async fn repeated(store: &TenantStore, earlier: ConversationView) -> Result<Once<ConversationView>, AppError> {
    let Conversation { id, customer, .. } = &earlier.conversation;
    let is_erasing = async {
        // The record of any other customer was read before.
        if customer.identity_source != IdentitySource::Anonymous {
            return Ok(false);
        }
        Ok(store.find_customer(&customer.id).await?.is_some_and(|customer| customer.erasure.is_some()))
    };
    let (exists, is_erasing) = tokio::try_join!(store.has_conversation(*id), is_erasing)?;
    if exists && !is_erasing { Ok(Once::replay(earlier)) } else { Err(AppError::OutcomeErased) }
}

fn first_draft(message: &ResolvedMessage, opened: &Conversation) -> Result<MessageDraft, AppError> {
    message.draft(opened).map_err(|error| error.within(Field::FirstMessage))
}
