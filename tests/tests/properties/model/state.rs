//! A model of the documented behaviour, over plain JSON.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::operations::Filters;

/// A conversation, its thread and its version.
#[derive(Clone)]
pub struct Thread {
    pub conversation: Value,
    /// The ID of the newest reply that ever existed, or of the conversation.
    pub activity: String,
    pub version: u64,
    pub messages: Vec<Value>,
    /// The external IDs that are in use, with their messages.
    pub claims: HashMap<String, Value>,
}

#[derive(Default)]
pub struct Model {
    pub threads: Vec<Thread>,
    customers: HashMap<String, Map<String, Value>>,
}

fn or<'v>(body: &'v Map<String, Value>, name: &str, usual: &'v Value) -> &'v Value {
    body.get(name).unwrap_or(usual)
}

fn first_140(text: &Value) -> Value {
    Value::String(text.as_str().expect("a text").chars().take(140).collect())
}

fn each_once(tags: &Value) -> Value {
    let mut seen = HashSet::new();
    tags.as_array().into_iter().flatten().filter(|tag| seen.insert(tag.to_string())).cloned().collect()
}

fn cleared(value: &Value, empty: Value) -> Value {
    if value.is_null() { empty } else { value.clone() }
}

impl Model {
    /// Returns whether a conversation has this external ID.
    pub fn knows(&self, external_id: Option<&Value>) -> bool {
        external_id.is_some_and(|id| self.threads.iter().any(|thread| thread.conversation["externalId"] == *id))
    }

    /// Creates a conversation. The service chooses IDs and the number.
    pub fn open(&mut self, body: &Map<String, Value>, now: &str, answered: &Value) {
        let said = body["customer"].as_object().expect("a customer");
        let customer = self.customers.entry(said["id"].to_string()).or_default();
        customer.extend(said.clone());
        let solved = body.get("status") == Some(&json!("solved"));
        let mut shown =
            json!({ "name": null, "email": null, "phone": null, "company": null, "identitySource": "headers" });
        shown.as_object_mut().expect("an object").extend(customer.clone());
        let conversation = json!({
            "object": "conversation",
            "id": answered["id"],
            "number": answered["number"],
            "channel": or(body, "channel", &json!("api")),
            "source": or(body, "source", &json!("api")),
            "status": or(body, "status", &json!("open")),
            "resolution": if solved { or(body, "resolution", &json!("resolved")).clone() } else { Value::Null },
            "escalated": or(body, "escalated", &json!(false)),
            "priority": or(body, "priority", &json!("medium")),
            "subject": body["subject"],
            "preview": body["subject"],
            "customer": shown,
            "externalId": body.get("externalId"),
            "sessionKey": body.get("sessionKey"),
            "inboxId": null, "inbox": null,
            "assigneeId": null, "assignee": null,
            "assistantId": null, "assistant": null,
            "pipelineId": null, "stageId": null, "stage": null,
            "tags": each_once(or(body, "tags", &json!([]))),
            "metadata": or(body, "metadata", &json!({})),
            "messageCount": 0, "unreadCount": 0, "awaitingReply": false,
            "windowExpiresAt": null, "snoozedUntil": null,
            "createdAt": now, "updatedAt": now, "lastMessageAt": now, "firstResponseAt": null,
            "closedAt": solved.then_some(now),
        });
        let activity = answered["id"].as_str().expect("an id").to_owned();
        self.threads.push(Thread { conversation, activity, version: 1, messages: Vec::new(), claims: HashMap::new() });
    }

    /// Returns the conversation after a patch, or the expected error code.
    pub fn changed(&self, which: usize, body: &Map<String, Value>, now: &str) -> Result<Thread, &'static str> {
        let mut thread = self.threads[which].clone();
        let conversation = &mut thread.conversation;
        let was_solved = conversation["status"] == "solved";
        let solved = body.get("status").map_or(was_solved, |status| status == "solved");
        if body.contains_key("resolution") && !solved {
            return Err("not_solved");
        }
        for field in ["escalated", "priority", "subject", "status"] {
            if let Some(value) = body.get(field) {
                conversation[field] = value.clone();
            }
        }
        if let Some(tags) = body.get("tags") {
            conversation["tags"] = each_once(&cleared(tags, json!([])));
        }
        if let Some(metadata) = body.get("metadata") {
            conversation["metadata"] = cleared(metadata, json!({}));
        }
        if !solved {
            conversation["resolution"] = Value::Null;
            conversation["closedAt"] = Value::Null;
        } else if !was_solved {
            conversation["resolution"] = json!("resolved");
            conversation["closedAt"] = json!(now);
        }
        if let Some(resolution) = body.get("resolution") {
            conversation["resolution"] = resolution.clone();
        }
        conversation["updatedAt"] = json!(now);
        if !thread.messages.iter().any(|message| message["type"] == "reply") {
            conversation["preview"] = conversation["subject"].clone();
        }
        thread.version += 1;
        Ok(thread)
    }

    /// Adds a message. A first message does not change the status that its conversation was created with.
    pub fn write(&mut self, which: usize, body: &Map<String, Value>, now: &str, id: &Value, with_conversation: bool) {
        let thread = &mut self.threads[which];
        let conversation = &mut thread.conversation;
        let kind = or(body, "type", &json!("reply")).clone();
        let usual = if kind == "note" { json!("assistant") } else { json!("user") };
        let role = or(body, "role", &usual).clone();
        let carried = kind == "reply" && role == "assistant" && conversation["channel"] == "email";
        let mut sender = Value::Null;
        if let Some(said) = body.get("sender") {
            sender = json!({ "id": null, "name": null, "email": null });
            sender.as_object_mut().expect("an object").extend(said.as_object().expect("a sender").clone());
        }
        thread.messages.push(json!({
            "object": "message",
            "id": id,
            "conversationId": conversation["id"],
            "role": role,
            "type": kind,
            "body": body["body"],
            "content": null,
            "sender": sender,
            "channel": conversation["channel"],
            "deliveryStatus": if carried { "queued" } else { "delivered" },
            "externalId": body.get("externalId"),
            "attachments": [],
            "metadata": or(body, "metadata", &json!({})),
            "createdAt": now,
        }));
        if let Some(external_id) = body.get("externalId") {
            thread.claims.insert(external_id.to_string(), id.clone());
        }
        conversation["messageCount"] = json!(thread.messages.len());
        conversation["updatedAt"] = json!(now);
        if kind == "reply" {
            conversation["preview"] = first_140(&body["body"]);
            conversation["lastMessageAt"] = json!(now);
            conversation["awaitingReply"] = json!(role == "user");
            id.as_str().expect("an id").clone_into(&mut thread.activity);
            if role == "assistant" && conversation["firstResponseAt"].is_null() {
                conversation["firstResponseAt"] = json!(now);
            }
            if role == "user" {
                conversation["unreadCount"] = json!(conversation["unreadCount"].as_u64().expect("a number") + 1);
                if !with_conversation {
                    conversation["status"] = json!("open");
                    conversation["resolution"] = Value::Null;
                    conversation["closedAt"] = Value::Null;
                }
            }
        }
        if !with_conversation {
            thread.version += 1;
        }
    }

    /// Returns the message that already has this external ID, or the expected error code.
    pub fn claimed(&self, which: usize, body: &Map<String, Value>) -> Option<Result<&Value, &'static str>> {
        let thread = &self.threads[which];
        let id = thread.claims.get(&body.get("externalId")?.to_string())?;
        Some(thread.messages.iter().find(|message| message["id"] == *id).ok_or("message_deleted"))
    }

    /// Deletes a message.
    pub fn delete(&mut self, which: usize, message: usize, now: &str) {
        let thread = &mut self.threads[which];
        let conversation = &mut thread.conversation;
        let gone = thread.messages.remove(message);
        conversation["messageCount"] = json!(thread.messages.len());
        conversation["updatedAt"] = json!(now);
        if gone["type"] == "reply" && gone["role"] == "user" {
            conversation["unreadCount"] = json!(conversation["unreadCount"].as_u64().expect("a number") - 1);
        }
        let newest = thread.messages.iter().rfind(|message| message["type"] == "reply");
        conversation["preview"] =
            newest.map_or_else(|| conversation["subject"].clone(), |message| first_140(&message["body"]));
        conversation["lastMessageAt"] =
            newest.map_or(&conversation["createdAt"], |message| &message["createdAt"]).clone();
        conversation["awaitingReply"] = json!(newest.is_some_and(|message| message["role"] == "user"));
        thread.version += 1;
    }

    /// Returns the expected rows of a list.
    pub fn list(&self, filters: &Filters) -> Vec<Value> {
        let is = |value: &Value, wanted: Option<&str>| wanted.is_none_or(|wanted| *value == *wanted);
        let fits = |conversation: &Value| {
            is(&conversation["status"], filters.status)
                && is(&conversation["channel"], filters.channel)
                && is(&conversation["customer"]["id"], filters.customer)
        };
        let mut found: Vec<&Thread> = self.threads.iter().filter(|thread| fits(&thread.conversation)).collect();
        found.sort_by(|a, b| b.activity.cmp(&a.activity));
        if filters.ascending {
            found.reverse();
        }
        found.into_iter().map(|thread| thread.conversation.clone()).collect()
    }
}
