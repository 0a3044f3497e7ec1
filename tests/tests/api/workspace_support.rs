//! Helpers for the tests of workspace resources.

use std::sync::atomic::{AtomicU64, Ordering};

use deskless_tests::{Role, TestResponse, World};
use http::Method;
use serde_json::{Value, json};

/// The description of a resource in the API.
pub struct Resource {
    /// The path of its list.
    pub path: &'static str,
    /// The name of the object in responses.
    pub one: &'static str,
    /// The name of the array in responses.
    pub many: &'static str,
    /// A body that creates one.
    pub make: Value,
    /// A body that updates it.
    pub change: Value,
    /// The effect of deleting it.
    pub when_deleted: Deleted,
    /// The scopes for reading and writing.
    pub scopes: [&'static str; 2],
}

/// The effect of deleting a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// No longer listed, and returned with this timestamp.
    Unlisted(&'static str),
    /// Still listed, with this timestamp.
    Listed(&'static str),
    /// No longer found.
    Gone,
    /// Cannot be deleted.
    Never,
}

const WORKSPACE: [&str; 2] = ["read:workspace", "write:workspace"];

/// Returns all nine resources.
pub fn resources() -> Vec<Resource> {
    let archived = Deleted::Unlisted("archivedAt");
    let collection = |path, one, many, make, change, when_deleted| Resource {
        path,
        one,
        many,
        make,
        change,
        when_deleted,
        scopes: WORKSPACE,
    };
    vec![
        collection(
            "/api/v1/inboxes",
            "inbox",
            "inboxes",
            json!({ "name": "Support", "channel": "whatsapp", "settings": { "phoneNumberId": "1055" } }),
            json!({ "name": "Sales" }),
            archived,
        ),
        collection(
            "/api/v1/members",
            "member",
            "members",
            json!({ "name": "Ada Lovelace", "email": "ada@example.com", "role": "admin" }),
            json!({ "role": "agent" }),
            archived,
        ),
        collection(
            "/api/v1/assistants",
            "assistant",
            "assistants",
            json!({ "name": "Robot", "description": "Answers\nfirst" }),
            json!({ "description": null }),
            archived,
        ),
        collection(
            "/api/v1/pipelines",
            "pipeline",
            "pipelines",
            json!({ "name": "Sales", "stages": [{ "name": "New" }, { "name": "Won" }] }),
            json!({ "name": "Renewals" }),
            archived,
        ),
        collection(
            "/api/v1/views",
            "view",
            "views",
            json!({ "name": "Mine", "filter": { "status": "open", "unread": true } }),
            json!({ "filter": { "tag": "vip" } }),
            Deleted::Gone,
        ),
        Resource {
            path: "/api/v1/automations",
            one: "automation",
            many: "automations",
            make: json!({
                "name": "Greet", "trigger": "conversation.created", "conditions": { "channel": "web" },
                "actions": [{ "action": "note", "body": "New" }, { "action": "call_webhook", "url": "https://a.example.com" }],
            }),
            change: json!({ "enabled": false, "trigger": "manual" }),
            when_deleted: Deleted::Gone,
            scopes: ["read:automations", "write:automations"],
        },
        Resource {
            path: "/api/v1/webhook-endpoints",
            one: "webhookEndpoint",
            many: "webhookEndpoints",
            make: json!({ "url": "https://hooks.example.com", "eventTypes": ["message.created"], "description": "CRM" }),
            change: json!({ "eventTypes": [], "description": null }),
            when_deleted: Deleted::Gone,
            scopes: ["read:webhooks", "write:webhooks"],
        },
        Resource {
            path: "/api/v1/customers",
            one: "customer",
            many: "customers",
            make: json!({ "name": "Grace Hopper", "metadata": { "plan": "pro" } }),
            change: json!({ "phone": "+49" }),
            when_deleted: Deleted::Never,
            scopes: ["read:customers", "write:customers"],
        },
        Resource {
            path: "/api/v1/api-keys",
            one: "apiKey",
            many: "apiKeys",
            make: json!({ "name": "CI", "scopes": ["read:conversations"] }),
            change: json!({ "name": "Build" }),
            when_deleted: Deleted::Listed("revokedAt"),
            scopes: ["read:keys", "write:keys"],
        },
    ]
}

static MEMBERS: AtomicU64 = AtomicU64::new(0);

impl Resource {
    /// Returns a text field on one line that both requests have.
    pub fn text_field(&self) -> &'static str {
        if self.make.get("name").is_some() { "name" } else { "url" }
    }

    /// Creates one and returns it.
    pub async fn made(&self, role: &Role<'_>) -> Value {
        let mut body = self.make.clone();
        if self.one == "member" {
            // Members are unique by email.
            let number = MEMBERS.fetch_add(1, Ordering::Relaxed);
            body["email"] = json!(format!("ada+{number}@example.com"));
        }
        role.post(self.path, &body).await.expect(201)[self.one].clone()
    }

    /// Returns the path of an object.
    pub fn path_of(&self, object: &Value) -> String {
        format!("{}/{}", self.path, object["id"].as_str().expect("an id"))
    }

    /// Returns the listed objects.
    pub async fn listed(&self, role: &Role<'_>) -> Vec<Value> {
        role.get(self.path).await.expect(200)[self.many].as_array().expect("rows").clone()
    }
}

/// Sends a DELETE.
pub async fn delete(world: &World, path: &str) -> TestResponse {
    world.server_key().ask(Method::DELETE, path).send().await
}

/// Asserts that a list returns exactly these rows, once and in order, at any limit, and refuses foreign cursors.
pub async fn assert_pages(role: &Role<'_>, path: &str, many: &str, wanted: &[Value]) {
    let sign = if path.contains('?') { '&' } else { '?' };
    for limit in [1, 2, wanted.len() - 1, wanted.len(), 100] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = role.get(&format!("{path}{sign}limit={limit}{cursor}")).await.expect(200);
            let rows = page[many].as_array().expect("rows");
            assert!(rows.len() <= limit);
            seen.extend(rows.iter().cloned());
            assert_eq!(page["hasMore"], json!(page["nextCursor"].is_string()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, wanted, "{path} by {limit}");
        if limit < wanted.len() {
            let damaged = format!("{cursor}x");
            let _ = role.get(&format!("{path}{sign}limit=1{damaged}")).await.expect_problem(400, "invalid_cursor");
        }
    }
    for wrong in ["0", "101", "", "x", "1.5"] {
        let _ = role.get(&format!("{path}{sign}limit={wrong}")).await.expect_invalid(&["limit"]);
    }
}
