//! Inboxes: destinations of a channel's conversations.

mod settings;

use deserr::Deserr;
use deskless_api::{InvalidRequest, Optional, object_tag, resource, shape::Shape};
use deskless_domain::{Channel, Clock, Inbox, InboxSettings, InvalidField, Resource, Title};
use serde::Serialize;
use utoipa::ToSchema;

use self::settings::{InboxSettingsObject, InboxSettingsRequest};

object_tag!(
    /// `"inbox"`
    InboxTag = "inbox"
);

/// An inbox for the conversations of one channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Inbox)]
pub struct InboxObject {
    object: InboxTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    name: Title,
    channel: Channel,
    settings: InboxSettingsObject,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
    /// The time at which it was archived, by deleting it. `null` if it was not.
    #[schema(required, format = "date-time")]
    archived_at: Option<String>,
}

impl From<&Resource<Inbox>> for InboxObject {
    fn from(resource: &Resource<Inbox>) -> Self {
        let Inbox { name, channel, settings } = &resource.fields;
        Self {
            object: InboxTag,
            id: resource.id.to_string(),
            name: name.clone(),
            channel: *channel,
            settings: settings.into(),
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
            archived_at: resource.archived_at.map(|time| time.to_string()),
        }
    }
}

/// An inbox to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateInboxRequest {
    /// The name.
    name: Title,
    /// It cannot be updated.
    channel: Channel,
    /// The settings.
    #[deserr(default)]
    settings: Option<InboxSettingsRequest>,
}

/// An update of an inbox. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdateInboxRequest {
    /// The name.
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Optional<Title>,
    /// Each setting is updated on its own. A setting that you leave out does not change.
    #[deserr(default)]
    #[schema(value_type = Option<InboxSettingsRequest>, required = false)]
    settings: Optional<Option<InboxSettingsRequest>>,
}

impl Shape for InboxObject {
    type Fields = Inbox;
    type Create = CreateInboxRequest;
    type Update = UpdateInboxRequest;

    fn make(request: CreateInboxRequest, _: &dyn Clock) -> Result<Inbox, InvalidField> {
        let settings = match &request.settings {
            Some(settings) => settings.apply_to(InboxSettings::default()),
            None => InboxSettings::default(),
        };
        Ok(Inbox { name: request.name, channel: request.channel, settings })
    }

    fn change(fields: Inbox, request: &UpdateInboxRequest, _: &dyn Clock) -> Result<Inbox, InvalidField> {
        let settings = match &request.settings.0 {
            None => fields.settings,
            Some(None) => InboxSettings::default(),
            Some(Some(settings)) => settings.apply_to(fields.settings),
        };
        Ok(Inbox { name: request.name.0.clone().unwrap_or(fields.name), settings, ..fields })
    }
}

resource!(
    Inbox as InboxObject,
    inbox,
    inboxes,
    path = "/api/v1/inboxes",
    item = "/api/v1/inboxes/{inboxId}",
    id = "inboxId",
    tag = "Workspace",
    read = ReadWorkspace,
    write = WriteWorkspace,
    one = "an inbox",
    many = "inboxes",
    create = CreateInboxRequest,
    update = UpdateInboxRequest,
    delete = "Archives the inbox: it is no longer listed, and conversations cannot be moved to it. Conversations in it keep its name.",
);
