//! The service behaves as documented for any sequence of operations.

mod operations;
mod state;

use deskless_domain::Clock;
use deskless_tests::{Role, TestResponse, World};
use http::Method;
use proptest::{collection::vec, sample::Index};
use serde_json::{Map, Value, json};

use self::{
    operations::{Filters, Operation, Under, operations},
    state::Model,
};
use crate::{
    paging::{List, assert_list, with_query},
    support::check_async,
};

const CONVERSATIONS: &str = "/api/v1/conversations";

/// A request that was sent with an idempotency key.
struct Sent {
    key: String,
    path: String,
    body: Value,
    answer: TestResponse,
}

/// The service and the model.
struct Session<'w> {
    world: &'w World,
    role: Role<'w>,
    model: Model,
    sent: Vec<Sent>,
    last_number: u64,
}

impl Session<'_> {
    /// Returns the time of the last request.
    fn now(&self) -> String {
        self.world.clock.now().to_string()
    }

    fn path(&self, which: usize) -> String {
        format!("{CONVERSATIONS}/{}", self.model.threads[which].conversation["id"].as_str().expect("an id"))
    }

    /// Picks a conversation, if there are any.
    fn one(&self, which: Index) -> Option<usize> {
        (!self.model.threads.is_empty()).then(|| which.index(self.model.threads.len()))
    }

    async fn post(&mut self, path: &str, body: &Map<String, Value>, keyed: bool) -> TestResponse {
        let body = Value::Object(body.clone());
        let mut ask = self.role.ask(Method::POST, path).json(&body);
        let key = format!("key {}", self.sent.len());
        if keyed {
            ask = ask.header("idempotency-key", &key);
        }
        let answer = ask.send().await;
        assert_eq!(answer.header("idempotent-replayed"), None);
        if keyed && answer.status.is_success() {
            self.sent.push(Sent { key, path: path.to_owned(), body, answer: answer.clone() });
        }
        answer
    }

    async fn act(&mut self, operation: Operation) {
        match operation {
            Operation::Open { body, keyed } => self.open(&body, keyed).await,
            Operation::Change { which, body, under } => {
                if let Some(which) = self.one(which) {
                    self.change(which, &body, under).await;
                }
            }
            Operation::Write { which, body, keyed } => {
                if let Some(which) = self.one(which) {
                    self.write(which, &body, keyed).await;
                }
            }
            Operation::Delete { which, message } => {
                if let Some(which) = self.one(which) {
                    self.delete(which, message).await;
                }
            }
            Operation::Read { which } => {
                if let Some(which) = self.one(which) {
                    self.compare(which).await;
                }
            }
            Operation::ReadThread { which, descending, limit } => {
                if let Some(which) = self.one(which) {
                    self.compare_thread(which, descending, limit).await;
                }
            }
            Operation::List { filters, limit } => self.compare_list(&filters, limit).await,
            Operation::Repeat { which, with_another_body } => {
                if !self.sent.is_empty() {
                    self.repeat(which.index(self.sent.len()), with_another_body).await;
                }
            }
        }
    }

    async fn open(&mut self, body: &Map<String, Value>, keyed: bool) {
        let answer = self.post(CONVERSATIONS, body, keyed).await;
        if body.contains_key("resolution") && body.get("status") != Some(&json!("solved")) {
            let _ = answer.expect_problem(422, "not_solved");
            return;
        }
        if self.model.knows(body.get("externalId")) {
            let _ = answer.expect_problem(409, "external_id_exists");
            return;
        }
        let now = self.now();
        let opened = answer.expect(201)["conversation"].clone();
        let number = opened["number"].as_u64().expect("a number");
        assert!(number > self.last_number, "numbers rise");
        self.last_number = number;
        self.model.open(body, &now, &opened);
        let which = self.model.threads.len() - 1;
        if let Some(message) = body.get("message") {
            let thread = self.role.get(&format!("{}/messages", self.path(which))).await.expect(200);
            let message = message.as_object().expect("a message");
            self.model.write(which, message, &now, &thread["messages"][0]["id"], true);
        }
        assert_eq!(opened, self.model.threads[which].conversation);
        self.compare(which).await;
    }

    async fn change(&mut self, which: usize, body: &Map<String, Value>, under: Under) {
        let version = self.model.threads[which].version;
        let mut ask = self.role.ask(Method::PATCH, &self.path(which)).json(&Value::Object(body.clone()));
        let condition = match under {
            Under::Nothing => None,
            Under::Any => Some("*".to_owned()),
            Under::Current => Some(format!("\"{version}\"")),
            Under::CurrentAmongOthers => Some(format!("\"{}\", \"{version}\", \"x\"", version + 7)),
            Under::Stale => Some(format!("\"{}\", \"{}\"", version - 1, version + 1)),
        };
        if let Some(condition) = &condition {
            ask = ask.header("if-match", condition);
        }
        let answer = ask.send().await;
        let now = self.now();
        let contradicts =
            body.contains_key("resolution") && body.get("status").is_some_and(|status| status != "solved");
        if matches!(under, Under::Stale) && !contradicts {
            let _ = answer.expect_problem(412, "version_mismatch");
        } else {
            match self.model.changed(which, body, &now) {
                Ok(changed) => {
                    assert_eq!(answer.expect(200)["conversation"], changed.conversation);
                    self.model.threads[which] = changed;
                }
                Err(code) => drop(answer.expect_problem(422, code)),
            }
        }
        self.compare(which).await;
    }

    async fn write(&mut self, which: usize, body: &Map<String, Value>, keyed: bool) {
        let path = format!("{}/messages", self.path(which));
        let answer = self.post(&path, body, keyed).await;
        let now = self.now();
        match self.model.claimed(which, body) {
            Some(Ok(first)) => return assert_eq!(answer.expect(200)["message"], *first),
            Some(Err(code)) => return drop(answer.expect_problem(409, code)),
            None => {}
        }
        let message = answer.expect(201)["message"].clone();
        self.model.write(which, body, &now, &message["id"], false);
        assert_eq!(Some(&message), self.model.threads[which].messages.last());
        let read = self.role.get(&format!("{path}/{}", message["id"].as_str().expect("an id"))).await.expect(200);
        assert_eq!(read["message"], message);
        self.compare(which).await;
    }

    async fn delete(&mut self, which: usize, message: Index) {
        let messages = &self.model.threads[which].messages;
        if messages.is_empty() {
            return;
        }
        let message = message.index(messages.len());
        let id = messages[message]["id"].as_str().expect("an id");
        let path = format!("{}/messages/{id}", self.path(which));
        let _ = self.role.ask(Method::DELETE, &path).send().await.expect(204);
        let now = self.now();
        self.model.delete(which, message, &now);
        let _ = self.role.ask(Method::DELETE, &path).send().await.expect_problem(404, "not_found");
        self.compare(which).await;
    }

    async fn repeat(&mut self, which: usize, with_another_body: bool) {
        let Sent { key, path, body, answer } = &self.sent[which];
        let mut body = body.clone();
        if with_another_body {
            body["metadata"] = json!({ "another": true });
        }
        let again = self.role.ask(Method::POST, path).header("idempotency-key", key).json(&body).send().await;
        if with_another_body {
            let _ = again.expect_problem(422, "idempotency_key_reused");
        } else {
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
            assert_eq!((again.status, &again.bytes), (answer.status, &answer.bytes));
            assert_eq!(again.header("etag"), answer.header("etag"));
        }
    }

    async fn compare(&self, which: usize) {
        let thread = &self.model.threads[which];
        let answer = self.role.get(&self.path(which)).await;
        assert_eq!(answer.header("etag"), Some(format!("\"{}\"", thread.version).as_str()));
        assert_eq!(answer.expect(200)["conversation"], thread.conversation);
    }

    async fn compare_thread(&self, which: usize, descending: bool, limit: usize) {
        let mut wanted = self.model.threads[which].messages.clone();
        let mut path = format!("{}/messages", self.path(which));
        if descending {
            wanted.reverse();
            path.push_str("?order=desc");
        }
        let list = List { path, plural: "messages", short_pages: false, endless: true };
        assert_list(&self.role, &list, Some(limit), &wanted).await;
    }

    async fn compare_list(&self, filters: &Filters, limit: usize) {
        let path = with_query(
            CONVERSATIONS,
            &[
                ("order", filters.ascending.then_some("asc")),
                ("status", filters.status),
                ("channel", filters.channel),
                ("customerId", filters.customer),
            ],
        );
        let short_pages = filters.channel.is_some() || (filters.customer.is_some() && filters.status.is_some());
        let list = List { path, plural: "conversations", short_pages, endless: false };
        assert_list(&self.role, &list, Some(limit), &self.model.list(filters)).await;
    }
}

#[test]
fn random_operations_match_model() {
    check_async(24, &(1..3_u8, vec(operations(), 1..40)), async |(shards, operations)| {
        let world = World::new().await;
        world.spread(shards).await;
        let theirs = world.foreign_rows().await;
        let role = world.server_key();
        let mut session = Session { world: &world, role, model: Model::default(), sent: Vec::new(), last_number: 0 };
        for operation in operations {
            session.act(operation).await;
        }
        for status in [None, Some("open"), Some("waiting"), Some("solved")] {
            for customer in [None, Some("cus_1"), Some("cus_2")] {
                let ascending = customer.is_some();
                session.compare_list(&Filters { status, customer, channel: None, ascending }, 3).await;
            }
        }
        session.compare_list(&Filters { channel: Some("email"), ..Filters::default() }, 100).await;
        for which in 0..session.model.threads.len() {
            session.compare(which).await;
            session.compare_thread(which, false, 100).await;
        }
        assert_eq!(world.foreign_rows().await, theirs);
        world.assert_sound().await;
    });
}
