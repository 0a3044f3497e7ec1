//! The small collections of a workspace, such as inboxes, members and views. They share their storage and their operations.

mod assistant;
mod automation;
mod inbox;
mod member;
mod pipeline;
mod predefined_message;
mod view;
mod webhook_endpoint;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use assistant::Assistant;
pub use automation::{Automation, AutomationAction, AutomationActions, AutomationPosition, TriggerRule};
pub use inbox::{Inbox, InboxSettings, ProviderSecret};
pub use member::Member;
pub use pipeline::{Pipeline, Stage, StageDraft};
pub use predefined_message::{Author, PredefinedFile, PredefinedMessage};
pub use view::View;
pub use webhook_endpoint::{DisabledReason, EventTypes, UndeliveredReason, WebhookEndpoint};

use crate::{Clock, Identifier, StoredSecret, Timestamp};

/// A small collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Inboxes.
    Inbox,
    /// Members.
    Member,
    /// Assistants.
    Assistant,
    /// Pipelines.
    Pipeline,
    /// Views.
    View,
    /// Predefined messages.
    PredefinedMessage,
    /// Automations.
    Automation,
    /// Webhook endpoints.
    WebhookEndpoint,
}

impl Kind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[
        Self::Inbox,
        Self::Member,
        Self::Assistant,
        Self::Pipeline,
        Self::View,
        Self::PredefinedMessage,
        Self::Automation,
        Self::WebhookEndpoint,
    ];

    /// The most resources of a kind in a workspace, not counting archived ones. [`Kind::max_resources`] has the exceptions.
    pub const MAX_RESOURCES: usize = 1000;

    /// Returns the name of the collection, as in paths.
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
            Self::WebhookEndpoint => "webhook-endpoints",
        }
    }

    /// Returns the most resources of this kind in a workspace, not counting archived ones. The limit of automations is lower,
    /// because each change of a conversation is matched against all of them, and that of webhook endpoints, because each event is
    /// delivered to all of them.
    #[must_use]
    pub const fn max_resources(self) -> usize {
        match self {
            Self::Automation => 100,
            Self::WebhookEndpoint => 20,
            _ => Self::MAX_RESOURCES,
        }
    }
}

/// The fields of a resource in a small collection, without the ones that all resources have: see [`Resource`].
pub trait Collected:
    std::fmt::Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The id type.
    type Id: Identifier;
    /// The collection.
    const KIND: Kind;
    /// Whether conversations may refer to the resource. If so, deleting it archives it: existing references keep its name, and
    /// new references are refused.
    const IS_REFERRED_TO: bool = true;
    /// The fields that clients neither see nor update.
    const INTERNAL_FIELDS: &'static [&'static str] = &[];

    /// Returns the text by which the collection is sorted; `None` sorts by creation time.
    fn sort_text(&self) -> Option<&str> {
        None
    }

    /// Returns a text that only one resource of the collection may have at a time, not counting archived ones.
    fn unique_text(&self) -> Option<String> {
        None
    }

    /// Returns whether events are delivered to the resource: it is named in the stamp that the worker on the stream reads.
    fn follows_events(&self) -> bool {
        false
    }

    /// Returns whether deliveries forget earlier failures, because the resource is no longer what it was `before`: events go elsewhere, or
    /// are delivered again.
    fn resumes(&self, before: &Self) -> bool {
        let _ = before;
        false
    }

    /// Returns the secrets, each with its path in the fields, which its encryption is bound to.
    fn secrets_mut(&mut self) -> Vec<(&'static str, &mut StoredSecret)> {
        Vec::new()
    }

    /// Returns the same fields without secrets: what is recorded for repeats of the request that created the resource.
    #[must_use]
    fn without_secrets(&self) -> Self {
        self.clone()
    }
}

/// A resource in a small collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Resource<T: Collected> {
    /// The id.
    pub id: T::Id,
    /// The fields of its kind.
    pub fields: T,
    /// The version. Each update increments it.
    pub version: u64,
    /// The time of the last update.
    pub updated_at: Timestamp,
    /// The time at which it was archived.
    pub archived_at: Option<Timestamp>,
}

impl<T: Collected> Resource<T> {
    /// Creates a resource.
    #[must_use]
    pub fn new(fields: T, clock: &dyn Clock) -> Self {
        let id = T::Id::generate(clock);
        Self { id, fields, version: 1, updated_at: id.time(), archived_at: None }
    }

    /// Returns the next version of the resource, with these fields.
    #[must_use]
    pub fn with_fields(&self, fields: T, now: Timestamp) -> Self {
        Self { id: self.id, fields, version: self.version + 1, updated_at: now, archived_at: self.archived_at }
    }

    /// Returns the next version of the resource, archived.
    #[must_use]
    pub fn archived(&self, now: Timestamp) -> Self {
        Self { archived_at: Some(now), ..self.with_fields(self.fields.clone(), now) }
    }

    /// Returns the same resource without secrets.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        Self { fields: self.fields.without_secrets(), ..self.clone() }
    }

    /// Returns the time of creation, from the id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }
}
