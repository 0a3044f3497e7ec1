//! The parameters of the service's paths.

use deskless_api::{FromPath, Problem};
use deskless_app::TenantStore;
use deskless_domain::{ConversationId, CustomerId, InboxId, MessageId};
use serde::Serialize;

use super::id::Wanted;

/// The account in a path: any whole number from 1, or the id of the workspace. The key determines the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// Any number, which responses repeat.
    Number(u64),
    /// The id of a workspace.
    Workspace(String),
}

/// An account that the caller's key belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AccountId {
    /// The number of the request.
    Number(u64),
    /// The id of the workspace.
    Workspace(String),
}

impl Account {
    fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(0) => None,
            Ok(number) => Some(Self::Number(number)),
            Err(_) => Some(Self::Workspace(text.to_owned())),
        }
    }

    /// Returns the id to repeat in responses.
    ///
    /// # Errors
    /// `not_found` for the id of another workspace.
    pub fn of(self, store: &TenantStore) -> Result<AccountId, Problem> {
        match self {
            Self::Number(number) => Ok(AccountId::Number(number)),
            Self::Workspace(id) if id == store.workspace_id().to_string() => Ok(AccountId::Workspace(id)),
            Self::Workspace(_) => Err(Problem::not_found()),
        }
    }
}

// A macro, because the paths differ only in their parameters.
macro_rules! paths {
    ($($(#[doc = $doc:literal])* $name:ident { $($field:ident: $type:ty = $parse:expr),+ $(,)? })+) => {$(
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $name {
            $(pub $field: $type,)+
        }

        impl FromPath for $name {
            fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
                $(let $field = $parse(parameters.next()?)?;)+
                Some(Self { $($field),+ })
            }
        }
    )+};
}

paths! {
    /// The path of a list.
    InAccount { account: Account = Account::parse }
    /// The path of a contact.
    OfContact { account: Account = Account::parse, contact: CustomerId = contact }
    /// The path of a conversation.
    OfConversation { account: Account = Account::parse, conversation: Wanted<ConversationId> = Wanted::parse }
    /// The path of a message.
    OfMessage {
        account: Account = Account::parse,
        conversation: Wanted<ConversationId> = Wanted::parse,
        message: Wanted<MessageId> = Wanted::parse,
    }
    /// The path of an inbox.
    OfInbox { account: Account = Account::parse, inbox: Wanted<InboxId> = Wanted::parse }
    /// The public path of an inbox.
    PublicInbox { inbox: Wanted<InboxId> = Wanted::parse }
    /// The public path of a contact of an inbox.
    PublicContact { inbox: Wanted<InboxId> = Wanted::parse, contact: CustomerId = contact }
    /// The public path of a conversation of a contact.
    PublicConversation {
        inbox: Wanted<InboxId> = Wanted::parse,
        contact: CustomerId = contact,
        conversation: Wanted<ConversationId> = Wanted::parse,
    }
}

fn contact(text: &str) -> Option<CustomerId> {
    CustomerId::parse(text.to_owned()).ok()
}
