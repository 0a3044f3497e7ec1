//! Every operation and every principal: who may call what, and what the answer shows.
//!
//! The operations come from the OpenAPI document, and each one needs a row in [`RULES`]. A new operation without a row fails.

pub mod fixture;

use deskless_domain::{Clock, KeyKind, Scope};
use deskless_tests::{KeyOptions, Role, Specification, TestResponse, World};
use http::Method;
use serde_json::json;

use fixture::{Call, Fixture};

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Callers {
    Servers,
    Customers,
    Anonymous,
}

/// What an operation requires: its scope, who may call it, and the scopes that the request of [`fixture`] needs besides.
type Rule = (&'static str, Scope, Callers, &'static [Scope]);

use Callers::{Anonymous, Customers, Servers};
use Scope::{
    ReadAudit, ReadAutomations, ReadConversations, ReadCustomers, ReadEvents, ReadFiles, ReadKeys, ReadReplies,
    ReadWebhooks, ReadWorkspace, WriteAutomations, WriteConversations, WriteCustomers, WriteFiles, WriteKeys,
    WriteReplies, WriteWebhooks, WriteWorkspace,
};

const RULES: &[Rule] = &[
    ("list_conversations", ReadConversations, Customers, &[]),
    ("create_conversation", WriteConversations, Anonymous, &[]),
    ("count_conversations", ReadConversations, Servers, &[]),
    ("get_conversation", ReadConversations, Customers, &[]),
    ("update_conversation", WriteConversations, Servers, &[]),
    ("delete_conversation", WriteConversations, Servers, &[]),
    ("resolve_conversation", WriteConversations, Servers, &[]),
    ("read_conversation", WriteConversations, Servers, &[]),
    ("list_messages", ReadConversations, Customers, &[]),
    ("create_message", WriteConversations, Customers, &[]),
    ("get_message", ReadConversations, Servers, &[]),
    ("update_message", WriteConversations, Servers, &[]),
    ("delete_message", WriteConversations, Servers, &[]),
    ("transform_message", ReadConversations, Servers, &[]),
    ("list_bulk_actions", ReadConversations, Servers, &[]),
    ("create_bulk_action", WriteConversations, Servers, &[]),
    ("get_bulk_action", ReadConversations, Servers, &[]),
    ("cancel_bulk_action", WriteConversations, Servers, &[]),
    ("sign_file", WriteFiles, Customers, &[]),
    ("register_file", WriteFiles, Customers, &[]),
    ("get_file", ReadFiles, Customers, &[]),
    ("delete_file", WriteFiles, Servers, &[]),
    ("list_customers", ReadCustomers, Servers, &[]),
    ("create_customer", WriteCustomers, Servers, &[]),
    ("get_customer", ReadCustomers, Servers, &[]),
    ("update_customer", WriteCustomers, Servers, &[]),
    ("delete_customer", WriteCustomers, Servers, &[]),
    ("list_inboxes", ReadWorkspace, Servers, &[]),
    ("create_inbox", WriteWorkspace, Servers, &[]),
    ("get_inbox", ReadWorkspace, Servers, &[]),
    ("update_inbox", WriteWorkspace, Servers, &[]),
    ("delete_inbox", WriteWorkspace, Servers, &[]),
    ("list_members", ReadWorkspace, Servers, &[]),
    ("create_member", WriteWorkspace, Servers, &[]),
    ("get_member", ReadWorkspace, Servers, &[]),
    ("update_member", WriteWorkspace, Servers, &[]),
    ("delete_member", WriteWorkspace, Servers, &[]),
    ("list_assistants", ReadWorkspace, Servers, &[]),
    ("create_assistant", WriteWorkspace, Servers, &[]),
    ("get_assistant", ReadWorkspace, Servers, &[]),
    ("update_assistant", WriteWorkspace, Servers, &[]),
    ("delete_assistant", WriteWorkspace, Servers, &[]),
    ("list_pipelines", ReadWorkspace, Servers, &[]),
    ("create_pipeline", WriteWorkspace, Servers, &[]),
    ("get_pipeline", ReadWorkspace, Servers, &[]),
    ("update_pipeline", WriteWorkspace, Servers, &[]),
    ("delete_pipeline", WriteWorkspace, Servers, &[]),
    ("list_views", ReadWorkspace, Servers, &[]),
    ("create_view", WriteWorkspace, Servers, &[]),
    ("get_view", ReadWorkspace, Servers, &[]),
    ("update_view", WriteWorkspace, Servers, &[]),
    ("delete_view", WriteWorkspace, Servers, &[]),
    ("list_predefined_messages", ReadReplies, Servers, &[]),
    ("create_predefined_message", WriteReplies, Servers, &[]),
    ("get_predefined_message", ReadReplies, Servers, &[]),
    ("update_predefined_message", WriteReplies, Servers, &[]),
    ("delete_predefined_message", WriteReplies, Servers, &[]),
    ("render_predefined_message", ReadReplies, Servers, &[ReadConversations]),
    ("list_automations", ReadAutomations, Servers, &[]),
    ("create_automation", WriteAutomations, Servers, &[WriteConversations]),
    ("get_automation", ReadAutomations, Servers, &[]),
    ("update_automation", WriteAutomations, Servers, &[WriteConversations]),
    ("delete_automation", WriteAutomations, Servers, &[]),
    ("list_executions", ReadAutomations, Servers, &[]),
    ("create_execution", WriteAutomations, Servers, &[WriteConversations]),
    ("get_execution", ReadAutomations, Servers, &[]),
    ("list_api_keys", ReadKeys, Servers, &[]),
    ("create_api_key", WriteKeys, Servers, &[]),
    ("get_api_key", ReadKeys, Servers, &[]),
    ("update_api_key", WriteKeys, Servers, &[]),
    ("delete_api_key", WriteKeys, Servers, &[]),
    ("list_audit_log", ReadAudit, Servers, &[]),
    ("list_events", ReadEvents, Servers, &[]),
    ("list_webhook_endpoints", ReadWebhooks, Servers, &[]),
    ("create_webhook_endpoint", WriteWebhooks, Servers, &[ReadEvents]),
    ("get_webhook_endpoint", ReadWebhooks, Servers, &[]),
    ("update_webhook_endpoint", WriteWebhooks, Servers, &[ReadEvents]),
    ("delete_webhook_endpoint", WriteWebhooks, Servers, &[]),
    ("rotate_webhook_secret", WriteWebhooks, Servers, &[ReadWebhooks]),
    ("test_webhook_endpoint", WriteWebhooks, Servers, &[]),
    ("list_webhook_attempts", ReadWebhooks, Servers, &[]),
    ("replay_events", WriteWebhooks, Servers, &[ReadEvents]),
    ("list_undelivered_events", ReadWebhooks, Servers, &[]),
];

/// The operations that need no key.
const PUBLIC: &[&str] = &["get_openapi", "get_client_openapi"];
/// The operations whose response has something that only their request can get.
const SHOWN_ONCE: &[&str] = &["create_api_key", "create_automation", "create_webhook_endpoint", "sign_file"];

/// The keys that the table is walked with.
pub struct Keys<'w> {
    /// One server key for each scope.
    pub single: Vec<(Scope, Role<'w>)>,
    pub none: Role<'w>,
    pub all: Role<'w>,
    pub client: Role<'w>,
    pub token: String,
    pub expired: Role<'w>,
    pub revoked: Role<'w>,
    pub bound: Role<'w>,
    pub other: Role<'w>,
}

impl<'w> Keys<'w> {
    pub async fn new(world: &'w World) -> Self {
        let with = async |options| world.with_key(&world.make_key(options).await);
        let mut single = Vec::new();
        for &scope in Scope::ALL {
            single.push((scope, with(KeyOptions { scopes: vec![scope], ..KeyOptions::default() }).await));
        }
        let end = world.clock.now().plus_seconds(1);
        let revoked = world.make_key(KeyOptions::default()).await;
        world.revoke(&revoked).await;
        let keys = Self {
            single,
            none: with(KeyOptions { scopes: vec![], ..KeyOptions::default() }).await,
            all: world.server_key(),
            client: with(KeyOptions { kind: KeyKind::Client, ..KeyOptions::default() }).await,
            token: world.token(&world.rotate_identity().await, fixture::CUSTOMER),
            expired: with(KeyOptions { expires_at: Some(end), ..KeyOptions::default() }).await,
            revoked: world.with_key(&revoked),
            bound: with(KeyOptions { origins: vec!["https://app.example.com"], ..KeyOptions::default() }).await,
            other: world.other_workspace(),
        };
        world.clock.advance_millis(1000);
        keys
    }
}

pub async fn send(role: &Role<'_>, call: &Call) -> TestResponse {
    let ask = role.ask(call.method.clone(), &call.path);
    match &call.body {
        Some(body) => ask.json(body).send_now().await,
        None => ask.send_now().await,
    }
}

/// Asserts that a call is refused with this status and code, for a reason that names `word`.
#[track_caller]
fn assert_refused(answer: TestResponse, status: u16, code: &str, word: &str, principal: &str, call: &Call) {
    assert_eq!(answer.status.as_u16(), status, "{principal}: {call:?} {:?}", answer.bytes);
    let problem = answer.expect_problem(status, code);
    assert!(problem["error"].as_str().is_some_and(|text| text.contains(word)), "{principal}: {call:?} {problem}");
}

#[track_caller]
fn assert_allowed(answer: &TestResponse, principal: &str, call: &Call) {
    assert!(answer.status.is_success(), "{principal}: {call:?} {} {:?}", answer.status, answer.bytes);
}

/// Walks one operation with every principal.
async fn walk(fixture: &Fixture<'_>, keys: &Keys<'_>, operation: &str, rule: &Rule, path: &str, method: &Method) {
    let (_, scope, callers, more) = *rule;
    let call = fixture.call(operation, path, method).await;
    for (single, role) in &keys.single {
        if *single == scope && more.is_empty() {
            let answer = send(role, &fixture.call(operation, path, method).await).await;
            assert_allowed(&answer, single.as_str(), &call);
            let shows = scope.to_read() == scope || SHOWN_ONCE.contains(&operation);
            assert!(shows || answer.bytes.is_empty(), "{operation} shows {:?} to {single}", answer.bytes);
        } else {
            let missing = if *single == scope { more[0] } else { scope };
            let principal = single.as_str();
            assert_refused(send(role, &call).await, 403, "forbidden", missing.as_str(), principal, &call);
        }
    }
    assert_refused(send(&keys.none, &call).await, 403, "forbidden", scope.as_str(), "no scope", &call);
    assert_refused(send(&keys.revoked, &call).await, 401, "unauthorized", "revoked", "revoked", &call);
    assert_refused(send(&keys.expired, &call).await, 401, "key_expired", "expired", "expired", &call);
    assert_refused(send(&keys.bound, &call).await, 403, "forbidden", "`Origin`", "other origin", &call);
    let both = keys.all.clone().on_behalf_of(&keys.token);
    assert_refused(send(&both, &call).await, 400, "invalid_request", "`X-Customer-Token`", "with a token", &call);
    let answer = send(&keys.other, &call).await;
    if path.contains('{') {
        assert_refused(answer, 404, "not_found", "does not exist", "other workspace", &call);
    } else if ["sign_file", "register_file"].contains(&operation) {
        assert_refused(answer, 400, "invalid_request", "", "other workspace", &call);
    } else if *method == Method::GET {
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(!text.contains(fixture::MARK), "{call:?} shows the other workspace {text}");
    }
    let client_call = fixture.call_of_client(operation, path, method, false).await;
    let answer = send(&keys.client, &client_call).await;
    match callers {
        Servers => assert_refused(answer, 403, "forbidden", "server key", "client", &call),
        Customers => assert_refused(answer, 403, "forbidden", "customer token", "client", &call),
        Anonymous => assert_allowed(&answer, "client", &call),
    }
    let client_call = fixture.call_of_client(operation, path, method, true).await;
    let answer = send(&keys.client.clone().on_behalf_of(&keys.token), &client_call).await;
    match callers {
        Servers => assert_refused(answer, 403, "forbidden", "server key", "customer", &call),
        Customers | Anonymous => assert_allowed(&answer, "customer", &call),
    }
    // The last one, because it may delete what the others refer to.
    assert_allowed(&send(&keys.all, &call).await, "all scopes", &call);
}

#[tokio::test]
async fn every_operation_answers_every_principal() {
    let world = World::new().await;
    let keys = Keys::new(&world).await;
    let fixture = Fixture::new(&world, &keys.token).await;
    let specification = Specification::committed();
    let mut walked = Vec::new();
    for (path, method) in specification.operations() {
        let described = &specification.document()["paths"][&path][method.as_str().to_lowercase()];
        let operation = described["operationId"].as_str().expect("an operation id");
        let bare = Call { method: method.clone(), path: path.clone(), body: None };
        if PUBLIC.contains(&operation) {
            assert_allowed(&send(&world.anon(), &bare).await, "no key", &bare);
            continue;
        }
        let rule = RULES.iter().find(|(name, ..)| *name == operation);
        let rule = rule.unwrap_or_else(|| panic!("{operation} has no rule: say here who may call it"));
        assert_refused(send(&world.anon(), &bare).await, 401, "unauthorized", "no API key", "no key", &bare);
        let callers = ["server", "customer", "anonymous"];
        let callers = &callers[..1 + usize::from(rule.2 >= Customers) + usize::from(rule.2 >= Anonymous)];
        let declared = json!({ "scope": rule.1.as_str(), "callers": callers });
        assert_eq!(described["x-authorization"], declared, "{operation}");
        walk(&fixture, &keys, operation, rule, &path, &method).await;
        walked.push(operation);
    }
    let forgotten: Vec<_> = RULES.iter().filter(|(name, ..)| !walked.contains(name)).collect();
    assert!(forgotten.is_empty(), "no such operation: {forgotten:?}");
    world.assert_sound().await;
}
