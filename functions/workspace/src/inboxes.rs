//! Inboxes: where conversations arrive.

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

/// Where conversations of one channel arrive.
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
    /// When it was deleted, if it was: it cannot be chosen any more, and is still named where it is in use.
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

/// An inbox to make.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreateInboxRequest {
    name: Title,
    /// It never changes.
    channel: Channel,
    /// What the channel's provider has to be told.
    #[deserr(default)]
    settings: Option<InboxSettingsRequest>,
}

/// What to change. A field that is left out stays as it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdateInboxRequest {
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Optional<Title>,
    /// Changed one by one, since secrets cannot be read back: a setting that is left out stays, null clears it. Null for
    /// all of them clears all.
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
            Some(settings) => settings.over(InboxSettings::default()),
            None => InboxSettings::default(),
        };
        Ok(Inbox { name: request.name, channel: request.channel, settings })
    }

    fn change(fields: Inbox, request: &UpdateInboxRequest, _: &dyn Clock) -> Result<Inbox, InvalidField> {
        let settings = match &request.settings.0 {
            None => fields.settings,
            Some(None) => InboxSettings::default(),
            Some(Some(settings)) => settings.over(fields.settings),
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
    delete = "It is archived: it cannot be chosen any more, and is still named where it is in use.",
);
