//! Valid calls of every operation, each on new resources.

use std::{collections::VecDeque, sync::Mutex};

use deskless_tests::{Role, Upload, World};
use http::Method;
use serde_json::{Value, json};

/// The customer of the token.
pub const CUSTOMER: &str = "cus_ada";
/// A text in every resource of our workspace.
pub const MARK: &str = "ours-only";

/// The most webhook endpoints at a time. A workspace can have 20.
const MOST_ENDPOINTS: usize = 12;

/// A call of an operation.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
}

/// Creates what the calls refer to.
pub struct Fixture<'w> {
    world: &'w World,
    customer: Role<'w>,
    number: std::sync::atomic::AtomicU32,
    /// The webhook endpoints, oldest first. The clock stands still, so the ids do not show it.
    endpoints: Mutex<VecDeque<String>>,
}

impl<'w> Fixture<'w> {
    pub async fn new(world: &'w World, token: &str) -> Self {
        let customer = world.client_key().on_behalf_of(token);
        let fixture =
            Self { world, customer, number: std::sync::atomic::AtomicU32::default(), endpoints: Mutex::default() };
        let _ = fixture.conversation().await;
        fixture
    }

    /// Returns the id of the workspace.
    pub async fn workspace(&self) -> String {
        self.world.tenant().await.workspace_id().to_string()
    }

    pub fn world(&self) -> &'w World {
        self.world
    }

    pub fn number(&self) -> u32 {
        self.number.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }

    pub async fn made(&self, path: &str, one: &str, body: &Value) -> String {
        let answer = self.world.server_key().ask(Method::POST, &format!("/api/v1/{path}")).json(body).send_now().await;
        assert!(answer.status.is_success(), "{path}: {:?}", answer.bytes);
        answer.json()[one]["id"].as_str().expect("an id").to_owned()
    }

    async fn conversation(&self) -> String {
        let body = json!({ "subject": MARK, "channel": "web", "customer": { "id": CUSTOMER, "name": MARK } });
        self.made("conversations", "conversation", &body).await
    }

    /// Signs a file as the customer, so that both can use it.
    async fn file(&self, conversation: &str, is_uploaded: bool) -> String {
        let signed = self.customer.sign(&json!(conversation), MARK, "text/plain", 1).await.expect(201);
        if is_uploaded {
            Upload::of(&signed["upload"], "x").expect_accepted().await;
        }
        signed["file"]["id"].as_str().expect("an id").to_owned()
    }

    /// Uploads a file of a conversation without registering it. Returns the ids of both.
    pub async fn uploaded(&self, conversation: &str) -> (String, String) {
        (conversation.to_owned(), self.file(conversation, true).await)
    }

    /// Creates the resource of a path parameter. `path` is the part of the path before it.
    pub async fn resource(&self, parameter: &str, path: &str) -> String {
        let name = json!({ "name": MARK });
        match parameter {
            "{conversationId}" => self.conversation().await,
            "{messageId}" => {
                let path = path.trim_start_matches("/api/v1/");
                self.made(path, "message", &json!({ "role": "assistant", "body": MARK })).await
            }
            "{bulkActionId}" => {
                let body = json!({ "action": "delete", "filter": { "tag": "none" } });
                self.made("bulk-actions", "bulkAction", &body).await
            }
            "{fileId}" => {
                let conversation = self.conversation().await;
                self.file(&conversation, false).await
            }
            "{customerId}" => {
                let body = json!({ "id": format!("cus_{}", self.number()), "name": MARK });
                self.made("customers", "customer", &body).await
            }
            "{inboxId}" => self.made("inboxes", "inbox", &json!({ "name": MARK, "channel": "sms" })).await,
            "{memberId}" => {
                let email = format!("m{}@example.com", self.number());
                self.made("members", "member", &json!({ "name": MARK, "email": email })).await
            }
            "{assistantId}" => self.made("assistants", "assistant", &name).await,
            "{pipelineId}" => {
                self.made("pipelines", "pipeline", &json!({ "name": MARK, "stages": [{ "name": MARK }] })).await
            }
            "{viewId}" => self.made("views", "view", &json!({ "name": MARK, "filter": {} })).await,
            "{predefinedMessageId}" => {
                let body = json!({ "title": MARK, "content": MARK });
                self.made("predefined-messages", "predefinedMessage", &body).await
            }
            "{automationId}" => self.made("automations", "automation", &automation()).await,
            "{executionId}" => {
                let body = json!({ "conversationId": self.conversation().await });
                self.made(path.trim_start_matches("/api/v1/"), "execution", &body).await
            }
            "{webhookEndpointId}" => self.endpoint().await,
            "{keyId}" => self.made("api-keys", "apiKey", &json!({ "name": MARK, "scopes": ["write:keys"] })).await,
            other => panic!("{other}: create its resource here"),
        }
    }

    /// Creates a webhook endpoint. A workspace can have few of them, so the oldest one is deleted.
    async fn endpoint(&self) -> String {
        let id = self.made("webhook-endpoints", "webhookEndpoint", &endpoint()).await;
        let oldest = {
            let mut endpoints = self.endpoints.lock().expect("no panic before");
            endpoints.push_back(id.clone());
            if endpoints.len() > MOST_ENDPOINTS { endpoints.pop_front() } else { None }
        };
        if let Some(oldest) = oldest {
            // A call may have deleted it.
            let path = format!("/api/v1/webhook-endpoints/{oldest}");
            let deleted = self.world.server_key().ask(Method::DELETE, &path).send_now().await;
            assert!(deleted.status.is_success() || deleted.status == 404, "{:?}", deleted.bytes);
        }
        id
    }

    /// Returns a call that succeeds with a server key, on new resources.
    pub async fn call(&self, operation: &str, path: &str, method: &Method) -> Call {
        let mut filled = String::new();
        for part in path.split('/').skip(1) {
            let part = if part.starts_with('{') { self.resource(part, &filled).await } else { part.to_owned() };
            filled = format!("{filled}/{part}");
        }
        Call { method: method.clone(), path: filled, body: self.body(operation).await }
    }

    /// Returns the same call with the body of a client key, with or without a customer token.
    pub async fn call_of_client(&self, operation: &str, path: &str, method: &Method, has_token: bool) -> Call {
        let mut call = self.call(operation, path, method).await;
        if operation == "create_conversation" && !has_token {
            call.body = Some(json!({ "subject": MARK }));
        }
        call
    }

    async fn body(&self, operation: &str) -> Option<Value> {
        Some(match operation {
            bare if ["get_", "list_", "count_"].iter().any(|verb| bare.starts_with(verb)) => return None,
            "delete_conversation" => json!({ "reason": "test" }),
            bare if bare.starts_with("delete_") => return None,
            "create_conversation" => json!({ "subject": MARK, "customer": { "id": CUSTOMER } }),
            "update_conversation" => json!({ "priority": "high" }),
            "resolve_conversation"
            | "read_conversation"
            | "cancel_bulk_action"
            | "rotate_webhook_secret"
            | "test_webhook_endpoint" => json!({}),
            "create_message" | "transform_message" => json!({ "body": MARK }),
            "update_message" => json!({ "externalId": format!("m{}", self.number()) }),
            "create_bulk_action" => json!({ "action": "tag", "add": ["a"], "filter": { "tag": "none" } }),
            "sign_file" => {
                let conversation = self.conversation().await;
                json!({ "fileName": MARK, "contentType": "text/plain", "size": 1, "conversationId": conversation })
            }
            "register_file" => {
                let conversation = self.conversation().await;
                json!({ "fileId": self.file(&conversation, true).await })
            }
            "create_customer" => json!({ "id": CUSTOMER, "name": MARK }),
            "create_inbox" => json!({ "name": MARK, "channel": "sms" }),
            "create_member" => json!({ "name": MARK, "email": format!("m{}@example.com", self.number()) }),
            "create_pipeline" => json!({ "name": MARK, "stages": [{ "name": MARK }] }),
            "create_view" => json!({ "name": MARK, "filter": {} }),
            "create_predefined_message" => json!({ "title": MARK, "content": MARK }),
            "update_predefined_message" => json!({ "title": MARK }),
            "create_automation" => automation(),
            "create_webhook_endpoint" => endpoint(),
            "update_webhook_endpoint" => json!({ "description": MARK }),
            "replay_events" => json!({ "since": "2026-01-01T00:00:00Z" }),
            "create_execution" | "render_predefined_message" => {
                json!({ "conversationId": self.conversation().await })
            }
            "create_api_key" => json!({ "name": MARK, "scopes": ["write:keys"] }),
            named if named.starts_with("create_") || named.starts_with("update_") => json!({ "name": MARK }),
            other => panic!("{other}: add a valid body here"),
        })
    }
}

fn automation() -> Value {
    json!({ "name": MARK, "trigger": "manual", "actions": [{ "action": "note", "body": MARK }] })
}

fn endpoint() -> Value {
    json!({ "url": "https://hooks.example.com", "description": MARK })
}
