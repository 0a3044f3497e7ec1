//! The small collections of a workspace: what conversations refer to, and saved views of them.

mod assistant;
mod automation;
mod inbox;
mod member;
mod pipeline;
mod predefined_message;
mod view;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use assistant::Assistant;
pub use automation::{Automation, AutomationAction, AutomationActions};
pub use inbox::{Inbox, InboxSettings, ProviderSecret};
pub use member::Member;
pub use pipeline::{Pipeline, Stage, StageDraft};
pub use predefined_message::{Author, PredefinedFile, PredefinedMessage};
pub use view::View;

use crate::{Clock, Identifier, Timestamp};

/// Which small collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Where conversations arrive.
    Inbox,
    /// People who work in the workspace.
    Member,
    /// Programs that answer.
    Assistant,
    /// Ordered rows of stages.
    Pipeline,
    /// Saved filters.
    View,
    /// Texts that are said again and again.
    PredefinedMessage,
    /// What is done by itself.
    Automation,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Inbox,
        Self::Member,
        Self::Assistant,
        Self::Pipeline,
        Self::View,
        Self::PredefinedMessage,
        Self::Automation,
    ];

    /// The most that a workspace has of most kinds, archived ones not counted: see [`Kind::most`].
    pub const MOST: usize = 1000;

    /// What several of them are called.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Inbox => "inboxes",
            Self::Member => "members",
            Self::Assistant => "assistants",
            Self::Pipeline => "pipelines",
            Self::View => "views",
            Self::PredefinedMessage => "predefined-messages",
            Self::Automation => "automations",
        }
    }

    /// The most that a workspace has of this kind, archived ones not counted. Every change of a conversation is held
    /// against all of its automations.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Automation => 100,
            _ => Self::MOST,
        }
    }
}

/// The fields of what a small collection holds, besides those that all have: see [`Resource`].
pub trait Collected:
    std::fmt::Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The type of its ids.
    type Id: Identifier;
    /// Which collection it is in.
    const KIND: Kind;
    /// Whether conversations may refer to it. Then deleting archives it: it can no longer be chosen, and is still named
    /// where it is in use.
    const IS_REFERRED_TO: bool = true;

    /// Returns the text by which resources of this kind are listed; `None` lists them by age.
    fn sort_text(&self) -> Option<&str> {
        None
    }

    /// Returns the same fields without secrets: what is recorded for repeats of the request that created the resource.
    #[must_use]
    fn without_secrets(&self) -> Self {
        self.clone()
    }
}

/// One of a small collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Resource<T: Collected> {
    /// Its id.
    pub id: T::Id,
    /// What it is.
    pub fields: T,
    /// Rises by one with each change.
    pub version: u64,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted, if conversations may still name it.
    pub archived_at: Option<Timestamp>,
}

impl<T: Collected> Resource<T> {
    /// A new one.
    #[must_use]
    pub fn new(fields: T, clock: &dyn Clock) -> Self {
        let id = T::Id::generate(clock);
        Self { id, fields, version: 1, updated_at: id.time(), archived_at: None }
    }

    /// Returns the same resource without secrets.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        Self { fields: self.fields.without_secrets(), ..self.clone() }
    }

    /// Returns when the resource was created: the time in its id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }
}
