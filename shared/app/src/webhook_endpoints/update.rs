use deskless_domain::{
    Collected, Description, EventTypes, Field, FieldChange, Invalid, InvalidField, Precondition, Resource,
    WebhookEndpoint, WebhookEndpointId, WebhookHeaders, WebhookUrl,
};
use deskless_store::{StoreError, TenantStore};

use super::check_reach;
use crate::{AppError, deliveries};

/// The change of one header: its name, and its value; `None` removes it.
pub type HeaderChange = (String, Option<String>);

/// An update of a webhook endpoint. `None` leaves a field unchanged.
#[derive(Debug)]
pub struct UpdateEndpoint {
    /// The URL.
    pub url: Option<WebhookUrl>,
    /// The events that it gets.
    pub event_types: Option<EventTypes>,
    /// The note for people.
    pub description: FieldChange<Description>,
    /// Whether events are delivered.
    pub enabled: Option<bool>,
    /// The headers. Others stay.
    pub headers: FieldChange<Vec<HeaderChange>>,
}

/// AP-18: Updates a webhook endpoint.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`]; [`AppError::Invalid`] for too many headers, for the
/// removal of a header that it does not have, and for a URL of this machine
/// outside of the local stack.
pub async fn update(
    store: &TenantStore,
    id: WebhookEndpointId,
    update: &UpdateEndpoint,
    precondition: &Precondition,
) -> Result<Resource<WebhookEndpoint>, AppError> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let before = store.get_resource::<WebhookEndpoint>(id).await?;
        precondition.check(before.version).map_err(StoreError::from)?;
        if let Some(url) = &update.url {
            check_reach(store, url).await?;
        }
        let after = before.with_fields(apply(store, update, &before).await?, store.clock().now());
        if store.replace_resource(&before, &after).await? {
            if after.fields.resumes(&before.fields) {
                deliveries::start(store, id).await;
            }
            return Ok(after);
        }
        backoff.pause("the webhook endpoint keeps changing").await?;
    }
}

/// Returns the fields after the update.
async fn apply(
    store: &TenantStore,
    update: &UpdateEndpoint,
    before: &Resource<WebhookEndpoint>,
) -> Result<WebhookEndpoint, AppError> {
    let mut fields = before.fields.clone();
    fields.url = update.url.clone().unwrap_or(fields.url);
    fields.event_types = update.event_types.clone().unwrap_or(fields.event_types);
    update.description.clone().apply(&mut fields.description);
    fields = match &update.headers {
        FieldChange::Keep => fields,
        FieldChange::Clear => fields.with_headers(&WebhookHeaders::default()),
        FieldChange::Set(changes) => {
            fields.with_headers(&merged(&deliveries::headers_of(store, before).await?, changes)?)
        }
    };
    Ok(match update.enabled {
        Some(enabled) => fields.with_enabled(enabled, store.clock().now()),
        None => fields,
    })
}

/// The most characters of a name that an error repeats.
const MOST_REPEATED: usize = WebhookHeaders::MAX_NAME;

/// Checks that each change is of another header, and that the headers to remove exist.
fn check(before: &WebhookHeaders, changes: &[HeaderChange]) -> Result<(), InvalidField> {
    for (at, (name, value)) in changes.iter().enumerate() {
        let shown = || name.chars().take(MOST_REPEATED).collect::<String>();
        let is_same = |other: &str| other.eq_ignore_ascii_case(name);
        let invalid = if changes[..at].iter().any(|(other, _)| is_same(other)) {
            let message = format!("must not have the header `{}` twice. Case does not matter in names", shown());
            Invalid::new("duplicate", message)
        } else if value.is_none() && !before.iter().any(|(other, _)| is_same(other)) {
            Invalid::new(
                "not_found",
                format!("must not remove the header `{}`, which the endpoint does not have", shown()),
            )
        } else {
            continue;
        };
        return Err(InvalidField::new(Field::Headers, invalid));
    }
    Ok(())
}

/// Returns the headers after the changes. Case does not matter in names.
fn merged(before: &WebhookHeaders, changes: &[HeaderChange]) -> Result<WebhookHeaders, InvalidField> {
    check(before, changes)?;
    let is_named = |name: &str| changes.iter().any(|(changed, _)| changed.eq_ignore_ascii_case(name));
    let kept =
        before.iter().filter(|(name, _)| !is_named(name)).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let new = changes.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    WebhookHeaders::parse(kept.chain(new).collect()).map_err(|invalid| InvalidField::new(Field::Headers, invalid))
}

#[cfg(test)]
mod tests {
    use deskless_domain::WebhookHeaders;

    use super::merged;

    #[test]
    fn headers_are_merged_by_name() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let before = WebhookHeaders::parse(vec![header("X-A", "1"), header("X-B", "2")]).expect("headers");
        let set = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        let after = merged(&before, &[set("x-a", "3"), ("X-B".to_owned(), None), set("X-C", "4")]).expect("headers");
        assert_eq!(after.iter().collect::<Vec<_>>(), [("x-a", "3"), ("x-c", "4")]);
        let removed = |name: &str| (name.to_owned(), None);
        for (changes, code) in [
            ([set("x-c", "1"), set("X-C", "2")], "duplicate"),
            ([set("x-a", "1"), removed("X-A")], "duplicate"),
            ([removed("x-a"), removed("x-c")], "not_found"),
            ([removed("x-a"), removed("not a name")], "not_found"),
        ] {
            let error = merged(&before, &changes).expect_err("refused");
            assert_eq!(error.invalid.code, code, "{changes:?}");
        }
    }
}
