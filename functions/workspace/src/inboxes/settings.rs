use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{InvalidRequest, Optional, Whole};
use deskless_domain::{ExternalId, InboxSettings, Invalid, ProviderSecret, StoredSecret};
use serde::Serialize;
use utoipa::ToSchema;

/// The settings for a channel's provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InboxSettings)]
pub struct InboxSettingsObject {
    /// The provider's id of your phone number (WhatsApp Cloud API).
    #[schema(required)]
    phone_number_id: Option<String>,
    /// The provider's id of your page (Messenger, Instagram).
    #[schema(required)]
    page_id: Option<String>,
    /// The provider's id of your account.
    #[schema(required)]
    account_id: Option<String>,
    /// The sender of replies: a phone number, a name or an address.
    #[schema(required)]
    from: Option<String>,
    /// The maximum number of characters of a message.
    #[schema(required)]
    max_body_length: Option<u32>,
    /// The length of the reply window in hours.
    #[schema(required)]
    reply_window_hours: Option<u32>,
    /// Whether an access token is set.
    has_access_token: bool,
    /// Whether an app secret is set.
    has_app_secret: bool,
}

impl From<&InboxSettings> for InboxSettingsObject {
    fn from(settings: &InboxSettings) -> Self {
        let text = |id: &Option<ExternalId>| id.as_ref().map(ToString::to_string);
        Self {
            phone_number_id: text(&settings.phone_number_id),
            page_id: text(&settings.page_id),
            account_id: text(&settings.account_id),
            from: text(&settings.from),
            max_body_length: settings.max_body_length,
            reply_window_hours: settings.reply_window_hours,
            has_access_token: settings.access_token.is_some(),
            has_app_secret: settings.app_secret.is_some(),
        }
    }
}

/// Settings for a channel's provider. A setting that you leave out does not change. `null` clears it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct InboxSettingsRequest {
    /// The provider's id of your phone number (WhatsApp Cloud API).
    #[deserr(default)]
    #[schema(value_type = Option<ExternalId>, required = false)]
    phone_number_id: Optional<Option<ExternalId>>,
    /// The provider's id of your page (Messenger, Instagram).
    #[deserr(default)]
    #[schema(value_type = Option<ExternalId>, required = false)]
    page_id: Optional<Option<ExternalId>>,
    /// The provider's id of your account.
    #[deserr(default)]
    #[schema(value_type = Option<ExternalId>, required = false)]
    account_id: Optional<Option<ExternalId>>,
    /// The sender of replies: a phone number, a name or an address.
    #[deserr(default)]
    #[schema(value_type = Option<ExternalId>, required = false)]
    from: Optional<Option<ExternalId>>,
    /// The maximum number of characters of a message: 1 to 8,000.
    #[deserr(default)]
    #[schema(value_type = Option<u32>, required = false, minimum = 1, maximum = 8000)]
    max_body_length: Optional<Option<Bounded<8000>>>,
    /// The length of the reply window in hours: 1 to 8,760.
    #[deserr(default)]
    #[schema(value_type = Option<u32>, required = false, minimum = 1, maximum = 8760)]
    reply_window_hours: Optional<Option<Bounded<8760>>>,
    /// The access token.
    #[deserr(default)]
    #[schema(value_type = Option<ProviderSecret>, required = false)]
    access_token: Optional<Option<ProviderSecret>>,
    /// The secret with which the provider signs its webhooks.
    #[deserr(default)]
    #[schema(value_type = Option<ProviderSecret>, required = false)]
    app_secret: Optional<Option<ProviderSecret>>,
}

impl InboxSettingsRequest {
    /// Returns the settings after this update.
    pub fn apply_to(&self, before: InboxSettings) -> InboxSettings {
        InboxSettings {
            phone_number_id: self.phone_number_id.0.clone().unwrap_or(before.phone_number_id),
            page_id: self.page_id.0.clone().unwrap_or(before.page_id),
            account_id: self.account_id.0.clone().unwrap_or(before.account_id),
            from: self.from.0.clone().unwrap_or(before.from),
            max_body_length: self.max_body_length.0.map_or(before.max_body_length, |n| n.map(|n| n.0)),
            reply_window_hours: self.reply_window_hours.0.map_or(before.reply_window_hours, |n| n.map(|n| n.0)),
            access_token: secret(&self.access_token, before.access_token),
            app_secret: secret(&self.app_secret, before.app_secret),
        }
    }
}

/// Returns a secret after an update.
fn secret(update: &Optional<Option<ProviderSecret>>, before: Option<StoredSecret>) -> Option<StoredSecret> {
    update.0.clone().map_or(before, |new| new.map(StoredSecret::from))
}

/// A whole number from 1 to `MAX`.
#[derive(Debug, Clone, Copy)]
struct Bounded<const MAX: u32>(u32);

impl<const MAX: u32> Deserr<InvalidRequest> for Bounded<MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let Whole(number) = Whole::deserialize_from_value(value, location)?;
        match u32::try_from(number) {
            Ok(number @ 1..) if number <= MAX => Ok(Self(number)),
            _ => Err(InvalidRequest::at(
                location,
                &Invalid::new("out_of_range", format!("must be a whole number from 1 to {MAX}")),
            )),
        }
    }
}
