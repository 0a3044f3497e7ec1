use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{
    Description, EventType, Invalid, StoredSecret, Timestamp, WebhookEndpointId, WebhookHeaders, WebhookSecret,
    WebhookUrl, vocabulary::string_enum,
};

string_enum! {
    /// Why a webhook endpoint is disabled. `request`: you disabled it. `gone`: it responded with 410. `failing`: for five days, every
    /// attempt failed.
    DisabledReason {
        Request = "request",
        Gone = "gone",
        Failing = "failing",
    }
}

string_enum! {
    /// Why an event is not delivered. `retrying`: an attempt failed, and another one follows. `pending`: it is the next event of its
    /// conversation, and there was no attempt yet, such as during an outage of the endpoint. `held_back`: it waits for an earlier event
    /// of its conversation. `given_up`: all attempts failed.
    UndeliveredReason {
        Retrying = "retrying",
        Pending = "pending",
        HeldBack = "held_back",
        GivenUp = "given_up",
    }
}

/// A webhook endpoint: a URL that gets the events of the workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookEndpoint {
    /// The URL.
    pub url: WebhookUrl,
    /// The events that it gets.
    #[serde(default)]
    pub event_types: EventTypes,
    /// A note for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Whether events are delivered. While it is disabled they are kept.
    pub enabled: bool,
    /// The names of [`WebhookEndpoint::headers`], in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header_names: Vec<String>,
    /// Further headers of each request, as the JSON of [`WebhookHeaders`]. A secret, because they can have
    /// credentials. `None` if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<StoredSecret>,
    /// The secret that signs the requests.
    pub secret: StoredSecret,
    /// The secret before the last rotation. It signs too, until [`WebhookEndpoint::previous_secret_until`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret: Option<StoredSecret>,
    /// The end of the previous secret, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<i64>,
    /// Why it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<DisabledReason>,
    /// Since when it is disabled, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<i64>,
}

impl WebhookEndpoint {
    /// The name that the encryption of [`WebhookEndpoint::secret`] is bound to.
    pub const SECRET: &str = "secret";
    /// The name that the encryption of [`WebhookEndpoint::previous_secret`] is bound to.
    pub const PREVIOUS_SECRET: &str = "previousSecret";
    /// The name that the encryption of [`WebhookEndpoint::headers`] is bound to.
    pub const HEADERS: &str = "headers";
    /// How long the previous secret signs after a rotation: one day.
    pub const OVERLAP_SECONDS: i64 = 24 * 60 * 60;

    /// Returns the endpoint with these headers.
    #[must_use]
    pub fn with_headers(self, headers: &WebhookHeaders) -> Self {
        let header_names = headers.iter().map(|(name, _)| name.to_owned()).collect();
        // Texts without anything else always have a JSON form.
        let json = || serde_json::to_string(headers).unwrap_or_default();
        Self { header_names, headers: (!headers.is_empty()).then(|| StoredSecret::New(json())), ..self }
    }

    /// Returns the headers of a decrypted secret; `None` if they cannot be read.
    #[must_use]
    pub fn headers_of(secret: &str) -> Option<WebhookHeaders> {
        serde_json::from_str(secret).ok()
    }

    /// Returns the endpoint, enabled or disabled on request. One that is disabled already keeps its reason.
    #[must_use]
    pub fn with_enabled(self, enabled: bool, now: Timestamp) -> Self {
        match enabled {
            true => Self { enabled, disabled_reason: None, disabled_at: None, ..self },
            false if !self.enabled && self.disabled_at.is_some() => self,
            false => self.disabled(DisabledReason::Request, now),
        }
    }

    /// Returns the endpoint, disabled for this reason.
    #[must_use]
    pub fn disabled(self, reason: DisabledReason, now: Timestamp) -> Self {
        Self { enabled: false, disabled_reason: Some(reason), disabled_at: Some(now.as_millis()), ..self }
    }

    /// Returns the endpoint with a new secret. The one before signs for another day. It has to be encrypted again, because its
    /// encryption is bound to its place.
    #[must_use]
    pub fn rotated(self, before: &WebhookSecret, new: &WebhookSecret, now: Timestamp) -> Self {
        Self {
            secret: new.into(),
            previous_secret: Some(before.into()),
            previous_secret_until: Some(now.plus_seconds(Self::OVERLAP_SECONDS).as_millis()),
            ..self
        }
    }

    /// Returns when the previous secret ends; `None` if there is none any more.
    #[must_use]
    pub fn previous_secret_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.previous_secret
            .as_ref()
            .and(self.previous_secret_until)
            .map(Timestamp::from_millis)
            .filter(|end| *end > now)
    }
}

impl Collected for WebhookEndpoint {
    type Id = WebhookEndpointId;
    const KIND: Kind = Kind::WebhookEndpoint;
    const IS_REFERRED_TO: bool = false;
    const INTERNAL_FIELDS: &'static [&'static str] = &["headerNames", "previousSecret", "previousSecretUntil"];

    fn follows_events(&self) -> bool {
        self.enabled
    }

    fn resumes(&self, before: &Self) -> bool {
        self.enabled && (!before.enabled || self.url != before.url || self.headers != before.headers)
    }

    /// Replaces the secrets instead of removing them: clients see whether there are headers.
    fn without_secrets(&self) -> Self {
        let redacted = |secret: &Option<StoredSecret>| secret.as_ref().map(|_| StoredSecret::redacted());
        Self {
            headers: redacted(&self.headers),
            secret: StoredSecret::redacted(),
            previous_secret: redacted(&self.previous_secret),
            ..self.clone()
        }
    }

    fn secrets_mut(&mut self) -> Vec<(&'static str, &mut StoredSecret)> {
        let mut secrets = vec![(Self::SECRET, &mut self.secret)];
        secrets.extend(self.previous_secret.iter_mut().map(|secret| (Self::PREVIOUS_SECRET, secret)));
        secrets.extend(self.headers.iter_mut().map(|headers| (Self::HEADERS, headers)));
        secrets
    }
}

/// The types of events that a webhook endpoint gets. Without any, it gets all of them, also those that later versions add.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventTypes(Vec<EventType>);

impl EventTypes {
    /// Checks that no type is there twice, and that the log has events of each.
    ///
    /// # Errors
    /// When one is there twice or is not in the log.
    pub fn parse(types: Vec<EventType>) -> Result<Self, Invalid> {
        let types = types.into_iter().map(EventType::in_filter).collect::<Result<Vec<_>, _>>()?;
        match types.iter().enumerate().find(|(at, event_type)| types[..*at].contains(event_type)) {
            Some((_, twice)) => Err(Invalid::new("duplicate", format!("must not have `{twice}` twice"))),
            None => Ok(Self(types)),
        }
    }

    /// Returns the types. None stand for all.
    #[must_use]
    pub fn as_slice(&self) -> &[EventType] {
        &self.0
    }

    /// Returns whether events of this type are wanted.
    #[must_use]
    pub fn include(&self, event_type: EventType) -> bool {
        self.0.is_empty() || self.0.contains(&event_type)
    }
}

#[cfg(test)]
mod tests {
    use super::{DisabledReason, EventTypes, WebhookEndpoint};
    use crate::{Collected, EventType, StoredSecret, Timestamp, WebhookHeaders, WebhookSecret, WebhookUrl};

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn endpoint() -> WebhookEndpoint {
        WebhookEndpoint {
            url: WebhookUrl::parse("https://hooks.example.com".to_owned()).expect("a URL"),
            event_types: EventTypes::default(),
            description: None,
            enabled: true,
            header_names: Vec::new(),
            headers: None,
            secret: StoredSecret::redacted(),
            previous_secret: None,
            previous_secret_until: None,
            disabled_reason: None,
            disabled_at: None,
        }
    }

    #[test]
    fn reason_stays_until_it_is_enabled() {
        let gone = endpoint().disabled(DisabledReason::Gone, NOW);
        let later = NOW.plus_seconds(1);
        assert_eq!(gone.clone().with_enabled(false, later), gone);
        assert!(!gone.follows_events());
        assert_eq!(gone.with_enabled(true, later), endpoint());
        let disabled = endpoint().with_enabled(false, NOW);
        assert_eq!((disabled.disabled_reason, disabled.disabled_at), (Some(DisabledReason::Request), Some(1_000)));
    }

    #[test]
    fn deliveries_resume_with_another_destination() {
        let (before, mut moved) = (endpoint(), endpoint());
        assert!(!before.resumes(&before));
        moved.url = WebhookUrl::parse("https://other.example.com".to_owned()).expect("a URL");
        assert!(moved.resumes(&before));
        let disabled = endpoint().with_enabled(false, NOW);
        assert!(before.resumes(&disabled) && !disabled.resumes(&before));
    }

    #[test]
    fn previous_secret_ends_after_a_day() {
        let (one, two) = (WebhookSecret::stored("whsec_1".to_owned()), WebhookSecret::stored("whsec_2".to_owned()));
        let rotated = endpoint().rotated(&one, &two, NOW);
        assert_eq!(rotated.secret, StoredSecret::from(&two));
        assert_eq!(rotated.previous_secret, Some(StoredSecret::from(&one)));
        let end = NOW.plus_seconds(24 * 60 * 60);
        assert_eq!(rotated.previous_secret_end(NOW), Some(end));
        assert_eq!(rotated.previous_secret_end(end), None);
        assert_eq!(endpoint().previous_secret_end(NOW), None);
    }

    #[test]
    fn recorded_outcome_has_no_secrets() {
        let (one, two) = (WebhookSecret::stored("whsec_1".to_owned()), WebhookSecret::stored("whsec_2".to_owned()));
        let headers = Some(StoredSecret::New("[]".to_owned()));
        let mut recorded = WebhookEndpoint { headers, ..endpoint() }.rotated(&one, &two, NOW).without_secrets();
        let secrets = recorded.secrets_mut();
        assert_eq!(secrets.len(), 3);
        assert!(secrets.iter().all(|(_, secret)| **secret == StoredSecret::redacted()));
    }

    #[test]
    fn headers_survive_being_a_secret() {
        let headers = WebhookHeaders::parse(vec![("X-Key".to_owned(), "a b".to_owned())]).expect("headers");
        let with = endpoint().with_headers(&headers);
        assert_eq!(with.header_names, ["x-key"]);
        let Some(StoredSecret::New(secret)) = &with.headers else { panic!("a new secret") };
        assert_eq!(WebhookEndpoint::headers_of(secret), Some(headers));
        assert_eq!(with.with_headers(&WebhookHeaders::default()), endpoint());
    }

    #[test]
    fn no_types_stand_for_all() {
        let one = EventTypes::parse(vec![EventType::FileReady]).expect("a type");
        assert!(one.include(EventType::FileReady) && !one.include(EventType::MessageCreated));
        assert!(EventTypes::default().include(EventType::MessageCreated));
        let twice = EventTypes::parse(vec![EventType::FileReady, EventType::FileReady]).expect_err("twice");
        assert_eq!(twice.message, "must not have `file.ready` twice");
        assert!(EventTypes::parse(vec![EventType::WebhookEndpointTest]).is_err(), "it is not in the log");
    }
}
