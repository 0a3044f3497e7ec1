//! The object `contact`.

use deskless_app::TenantStore;
use deskless_domain::{CustomerDetails, CustomerRecord, IdentitySource, Tag};
use serde_json::{Value, json};

use crate::intercom::{attributes::Attributes, values::TagIds};

/// Builds contacts of a workspace.
pub struct ContactShape {
    workspace: String,
    tags: TagIds,
}

/// Returns whether lists and lookups show a contact. One who is being erased is gone, and one who is archived is hidden in lists.
pub fn is_visible(record: &CustomerRecord) -> bool {
    record.erasure.is_none() && !is_archived(&Attributes::of(&record.metadata))
}

/// Returns whether a contact is archived.
pub fn is_archived(attributes: &Attributes) -> bool {
    attributes.own.get("archived") == Some(&Value::Bool(true))
}

/// Returns the role, `user` or `lead`. An anonymous visitor is a lead.
pub fn role(record: &CustomerRecord, attributes: &Attributes) -> String {
    let default = if record.customer.identity_source == IdentitySource::Anonymous { "lead" } else { "user" };
    attributes.own.get("role").and_then(Value::as_str).unwrap_or(default).to_owned()
}

/// Returns the names of a contact's tags.
pub fn tags(attributes: &Attributes) -> Vec<Tag> {
    let names = attributes.own.get("tags").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(|name| Tag::parse(name.as_str()?.to_owned()).ok()).collect()
}

impl ContactShape {
    /// Returns the shape of a workspace's contacts.
    pub fn of(store: &TenantStore) -> Self {
        let workspace = store.workspace_id();
        Self { workspace: workspace.to_string(), tags: TagIds::new(workspace) }
    }

    /// Returns the object of a tag.
    pub fn tag(&self, tag: &Tag) -> Value {
        json!({ "type": "tag", "id": self.tags.id(tag), "name": tag.as_str() })
    }

    /// Returns the object.
    pub fn contact(&self, record: &CustomerRecord) -> Value {
        let attributes = Attributes::of(&record.metadata);
        let CustomerDetails { name, email, phone, company: _ } = &record.customer.details;
        let id = record.customer.id.as_str();
        let own = |name: &str| attributes.own.get(name).cloned().unwrap_or_default();
        let addressable = |kind: &str, data: Vec<Value>| {
            json!({
                "type": "list",
                "url": format!("/contacts/{id}/{kind}"),
                "total_count": data.len(),
                "has_more": false,
                "data": data,
            })
        };
        let tag = |tag: &Tag| {
            let id = self.tags.id(tag);
            json!({ "type": "tag", "url": format!("/tags/{id}"), "id": id })
        };
        let mut contact = json!({
            "type": "contact",
            "id": id,
            "workspace_id": self.workspace,
            "external_id": id,
            "role": role(record, &attributes),
            "email": email.as_ref().map(ToString::to_string),
            "email_domain": email.as_ref().and_then(|email| email.as_str().rsplit_once('@')).map(|(_, domain)| domain),
            "phone": phone.as_ref().map(ToString::to_string),
            "name": name.as_ref().map(ToString::to_string),
            "avatar": own("avatar"),
            "owner_id": own("owner_id"),
            "social_profiles": { "type": "list", "data": [] },
            "has_hard_bounced": false,
            "marked_email_as_spam": false,
            "unsubscribed_from_emails": own("unsubscribed_from_emails").as_bool().unwrap_or_default(),
            "created_at": record.created_at().as_seconds(),
            "updated_at": record.updated_at.as_seconds(),
            "signed_up_at": own("signed_up_at"),
            "last_seen_at": own("last_seen_at"),
            "location": {
                "type": "location", "country": null, "region": null, "city": null, "country_code": null, "continent_code": null,
            },
            "custom_attributes": attributes.custom(),
            "tags": addressable("tags", tags(&attributes).iter().map(tag).collect()),
            "notes": addressable("notes", Vec::new()),
            "companies": addressable("companies", Vec::new()),
            "opted_out_subscription_types": addressable("subscriptions", Vec::new()),
            "opted_in_subscription_types": addressable("subscriptions", Vec::new()),
        });
        for unknown in UNKNOWN {
            contact[*unknown] = Value::Null;
        }
        contact
    }
}

/// What nothing here knows about a contact.
const UNKNOWN: &[&str] = &[
    "last_replied_at",
    "last_contacted_at",
    "last_email_opened_at",
    "last_email_clicked_at",
    "language_override",
    "browser",
    "browser_version",
    "browser_language",
    "os",
    "android_app_name",
    "android_app_version",
    "android_device",
    "android_os_version",
    "android_sdk_version",
    "android_last_seen_at",
    "ios_app_name",
    "ios_app_version",
    "ios_device",
    "ios_os_version",
    "ios_sdk_version",
    "ios_last_seen_at",
];
