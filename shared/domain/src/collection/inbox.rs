use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use super::{Collected, Kind};
use crate::{Channel, ExternalId, InboxId, Invalid, Title};

/// Where conversations of one channel arrive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    /// What people call it.
    pub name: Title,
    /// Which channel it is for. It never changes: conversations and the settings go by it.
    pub channel: Channel,
    /// What the channel's provider has to be told.
    #[serde(default)]
    pub settings: InboxSettings,
}

impl Collected for Inbox {
    type Id = InboxId;
    const KIND: Kind = Kind::Inbox;

    /// Secrets are replaced, not removed: clients see whether there is one.
    fn without_secrets(&self) -> Self {
        let redacted = |secret: &Option<ProviderSecret>| secret.as_ref().map(|_| ProviderSecret::redacted());
        let settings = InboxSettings {
            access_token: redacted(&self.settings.access_token),
            app_secret: redacted(&self.settings.app_secret),
            ..self.settings.clone()
        };
        Self { settings, ..self.clone() }
    }
}

/// What a channel's provider has to be told, and what it allows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboxSettings {
    /// The provider's id of our telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<ExternalId>,
    /// The provider's id of our page (Messenger, Instagram).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_id: Option<ExternalId>,
    /// The provider's id of our account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<ExternalId>,
    /// What replies come from: a telephone number, a sender's name or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<ExternalId>,
    /// The most characters that the provider takes in one message, where that is less than ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_body_length: Option<u32>,
    /// For how many hours after a customer's message the provider allows free replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_window_hours: Option<u32>,
    /// What we show the provider. Write-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<ProviderSecret>,
    /// What the provider signs its calls with. Write-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_secret: Option<ProviderSecret>,
}

/// A secret that a provider gave: it is stored and used, and never shown or logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderSecret(String);

impl ProviderSecret {
    /// The most characters of a secret.
    pub const MAX: usize = 2048;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When it is empty, too long or holds more than printable ASCII.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        match text.len() {
            0 => Err(Invalid::new("too_short", "must not be empty")),
            // The length is not said: it is part of the secret.
            1..=Self::MAX if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(Self(text)),
            1..=Self::MAX => Err(Invalid::new("invalid", "must be printable ASCII without spaces")),
            _ => Err(Invalid::new("too_long", format!("must be at most {} characters", Self::MAX))),
        }
    }

    /// Returns a value that stands for a secret where only its presence matters.
    fn redacted() -> Self {
        Self("redacted".to_owned())
    }

    /// The secret itself, for the provider only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
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
            .description(Some("A secret that a provider gave. It is never shown again."))
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
    fn debug_output_hides_a_secret() {
        let secret = ProviderSecret::parse("EAAG-hunter2".to_owned()).expect("a secret");
        assert_eq!(format!("{secret:?}"), "ProviderSecret(…)");
        for bad in ["", "a b", "ü", &"x".repeat(2049)] {
            assert!(ProviderSecret::parse(bad.to_owned()).is_err());
        }
    }
}
