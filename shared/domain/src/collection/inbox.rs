use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use super::{Collected, Kind};
use crate::{Channel, ExternalId, InboxId, Invalid, StoredSecret, Title};

/// An inbox, in which conversations of one channel arrive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    /// The display name.
    pub name: Title,
    /// The channel. It never changes, because conversations and settings depend on it.
    pub channel: Channel,
    /// The settings of the channel's provider.
    #[serde(default)]
    pub settings: InboxSettings,
}

impl Collected for Inbox {
    type Id = InboxId;
    const KIND: Kind = Kind::Inbox;

    /// Replaces secrets instead of removing them, so that clients see whether there is one.
    fn without_secrets(&self) -> Self {
        let redacted = |secret: &Option<StoredSecret>| secret.as_ref().map(|_| StoredSecret::redacted());
        let settings = InboxSettings {
            access_token: redacted(&self.settings.access_token),
            app_secret: redacted(&self.settings.app_secret),
            ..self.settings.clone()
        };
        Self { settings, ..self.clone() }
    }

    fn secrets_mut(&mut self) -> Vec<(&'static str, &mut StoredSecret)> {
        let token = self.settings.access_token.iter_mut().map(|secret| (InboxSettings::ACCESS_TOKEN, secret));
        let secret = self.settings.app_secret.iter_mut().map(|secret| (InboxSettings::APP_SECRET, secret));
        token.chain(secret).collect()
    }
}

/// The settings of a channel's provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboxSettings {
    /// The provider's id of the workspace's phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<ExternalId>,
    /// The provider's id of the workspace's page (Messenger, Instagram).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_id: Option<ExternalId>,
    /// The provider's id of the workspace's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<ExternalId>,
    /// The sender of replies: a phone number, a sender name or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<ExternalId>,
    /// The most characters of a reply, if the provider allows fewer than Deskless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_body_length: Option<u32>,
    /// The reply window in hours: how long after a customer's message the provider allows free-form replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_window_hours: Option<u32>,
    /// The token for requests to the provider. Write-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<StoredSecret>,
    /// The secret that signs requests from the provider. Write-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_secret: Option<StoredSecret>,
}

impl InboxSettings {
    /// The name that the encryption of [`InboxSettings::access_token`] is bound to.
    pub const ACCESS_TOKEN: &str = "settings.accessToken";
    /// The name that the encryption of [`InboxSettings::app_secret`] is bound to.
    pub const APP_SECRET: &str = "settings.appSecret";
}

/// A secret from a provider. It is stored encrypted, and never shown or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderSecret(String);

impl ProviderSecret {
    /// The most characters.
    pub const MAX: usize = 2048;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When the text is empty or too long, or has characters other than printable ASCII.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        match text.len() {
            0 => Err(Invalid::new("too_short", "must not be empty")),
            // The message omits the length, which is part of the secret.
            1..=Self::MAX if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(Self(text)),
            1..=Self::MAX => Err(Invalid::new("invalid", "must be printable ASCII without spaces")),
            _ => Err(Invalid::new("too_long", format!("must be at most {} characters", Self::MAX))),
        }
    }

    /// Returns the secret text, for requests to the provider only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<ProviderSecret> for StoredSecret {
    fn from(secret: ProviderSecret) -> Self {
        Self::New(secret.0)
    }
}

impl std::fmt::Debug for ProviderSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProviderSecret(…)")
    }
}

impl utoipa::PartialSchema for ProviderSecret {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A secret from the provider. It is never returned."))
            .min_length(Some(1))
            .max_length(Some(Self::MAX))
            .pattern(Some("^[!-~]+$"))
            .write_only(true)
            .into()
    }
}

impl utoipa::ToSchema for ProviderSecret {}

#[cfg(test)]
mod tests {
    use super::ProviderSecret;

    #[test]
    fn debug_output_hides_the_secret() {
        let secret = ProviderSecret::parse("EAAG-hunter2".to_owned()).expect("a secret");
        assert_eq!(format!("{secret:?}"), "ProviderSecret(…)");
        for bad in ["", "a b", "ü", &"x".repeat(2049)] {
            assert!(ProviderSecret::parse(bad.to_owned()).is_err());
        }
    }
}
