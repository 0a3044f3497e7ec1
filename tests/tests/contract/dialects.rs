//! Every operation of every dialect: who may call it, what other workspaces see, that errors have the service's shape, and that a
//! repeat with an idempotency key has no second effect.
//!
//! The operations come from the dialects themselves. A new one needs a call in the dialect's file.

mod apex;
mod bancroft;
mod chatwoot;
mod empfio;
mod gtateth;
mod intercom;
mod openai;

use std::collections::BTreeSet;

use deskless_api::dialect::{Dialect, DialectOperation};
use deskless_dialects::DIALECTS;
use deskless_domain::{RateLimit, Scope, authorization::Audience};
use deskless_tests::{Faults, KeyOptions, Role, TestResponse, World};
use futures_util::future::join_all;
use http::Method;
use serde_json::Value;

use crate::authorization::{
    Keys,
    fixture::{self, Call, Fixture},
    send,
};
use crate::{policies, template};

/// Returns a call of an operation that succeeds, with the path under `/dialects`.
async fn call(fixture: &Fixture<'_>, dialect: &Dialect, operation: &DialectOperation) -> Call {
    let DialectOperation { method, path, .. } = operation;
    let mut call = match dialect.name {
        "apex" => apex::call(fixture, method, path).await,
        "bancroft" => bancroft::call(fixture, method, path).await,
        "chatwoot" => chatwoot::call(fixture, method, path).await,
        "empfio" => empfio::call(fixture, method, path).await,
        "gtateth" => gtateth::call(fixture, method, path).await,
        "intercom" => intercom::call(fixture, method, path).await,
        "openai" => openai::call(fixture, method, path).await,
        other => panic!("{other}: add its calls here"),
    };
    call.path = format!("{}{}", dialect.base(), call.path);
    call
}

/// Returns the scopes that a call needs besides the one that the operation declares.
fn more(dialect: &Dialect, operation: &DialectOperation) -> &'static [Scope] {
    let listed = match dialect.name {
        "apex" => apex::MORE,
        "bancroft" => bancroft::MORE,
        "chatwoot" => chatwoot::MORE,
        "empfio" => empfio::MORE,
        "gtateth" => gtateth::MORE,
        "intercom" => intercom::MORE,
        "openai" => openai::MORE,
        other => panic!("{other}: add its scopes here"),
    };
    let name = format!("{} {}", operation.method, operation.path);
    listed.iter().find(|(own, _)| *own == name).map_or(&[], |(_, scopes)| scopes)
}

/// Asserts that a call is refused with this status, with an error that is not a problem document.
#[track_caller]
fn assert_refused(answer: &TestResponse, statuses: &[u16], principal: &str, call: &Call) -> Value {
    let body = String::from_utf8_lossy(&answer.bytes);
    assert!(statuses.contains(&answer.status.as_u16()), "{principal}: {call:?} {} {body}", answer.status);
    assert_eq!(answer.header("content-type"), Some("application/json"), "{principal}: {call:?} {body}");
    assert!(!body.contains("urn:deskless"), "{principal}: {call:?} is answered with a problem document: {body}");
    assert!(!body.contains(fixture::MARK), "{principal}: {call:?} shows a resource: {body}");
    answer.json()
}

#[track_caller]
fn assert_allowed(answer: &TestResponse, principal: &str, call: &Call) {
    let body = String::from_utf8_lossy(&answer.bytes);
    assert!(answer.status.is_success(), "{principal}: {call:?} {} {body}", answer.status);
}

async fn walk(world: &World, keys: &Keys<'_>, fixture: &Fixture<'_>, dialect: &Dialect, operation: &DialectOperation) {
    let own = call(fixture, dialect, operation).await;
    let Some(access) = operation.access else {
        return assert_allowed(&send(&world.anon(), &own).await, "no key", &own);
    };
    let more = more(dialect, operation);
    for (single, role) in &keys.single {
        if *single == access.scope && more.is_empty() {
            assert_allowed(&send(role, &call(fixture, dialect, operation).await).await, single.as_str(), &own);
        } else {
            let _ = assert_refused(&send(role, &own).await, &[403], single.as_str(), &own);
        }
    }
    let _ = assert_refused(&send(&keys.none, &own).await, &[403], "no scope", &own);
    let _ = assert_refused(&send(&world.anon(), &own).await, &[401], "no key", &own);
    let _ = assert_refused(&send(&keys.revoked, &own).await, &[401], "revoked", &own);
    let _ = assert_refused(&send(&keys.expired, &own).await, &[401], "expired", &own);
    let _ = assert_refused(&send(&keys.bound, &own).await, &[403], "other origin", &own);
    if access.audience != Audience::Anonymous {
        let _ = assert_refused(&send(&keys.client, &own).await, &[403], "client", &own);
    }
    let foreign = send(&keys.other, &own).await;
    if operation.path.contains('{') {
        let _ = assert_refused(&foreign, &[400, 404], "other workspace", &own);
    } else {
        let text = String::from_utf8_lossy(&foreign.bytes);
        assert!(!text.contains(fixture::MARK), "{own:?} shows the other workspace {text}");
    }
    assert_allowed(&send(&keys.all, &own).await, "all scopes", &own);
}

#[tokio::test]
async fn every_operation_answers_every_principal() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let keys = Keys::new(&world).await;
        let fixture = Fixture::new(&world, &keys.token).await;
        for operation in dialect.operations() {
            walk(&world, &keys, &fixture, &dialect, &operation).await;
        }
        world.assert_sound().await;
    }
}

async fn repeat(role: &Role<'_>, call: &Call, key: &'static str) -> TestResponse {
    let ask = role.ask(call.method.clone(), &call.path).header("idempotency-key", key);
    match &call.body {
        Some(body) => ask.json(body).send_now().await,
        None => ask.send_now().await,
    }
}

#[tokio::test]
async fn repeated_post_has_no_second_effect() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let keys = Keys::new(&world).await;
        let fixture = Fixture::new(&world, &keys.token).await;
        for operation in dialect.operations().iter().filter(|operation| operation.method == Method::POST) {
            let own = call(&fixture, &dialect, operation).await;
            let first = repeat(&keys.all, &own, "Zk3pQ9vXw7Ld2RtYb6Nc").await;
            assert_allowed(&first, "all scopes", &own);
            // Rates are counted in rows that the first request has created.
            let rows = world.rows().await.len();
            let second = repeat(&keys.all, &own, "Zk3pQ9vXw7Ld2RtYb6Nc").await;
            assert_allowed(&second, "all scopes", &own);
            assert_eq!(world.rows().await.len(), rows, "{own:?} was carried out twice");
        }
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_get_the_service_s_errors() {
    let world = World::new().await;
    for dialect in DIALECTS {
        for path in ["/no/such/route", "/api/v1/nothing", "/v1", "/x//y"] {
            let lost = Call { method: Method::GET, path: format!("{}{path}", dialect.base()), body: None };
            let _ = assert_refused(&send(&world.server_key(), &lost).await, &[404], dialect.name, &lost);
        }
        for operation in dialect.operations() {
            let wrong = Call {
                method: Method::TRACE,
                path: format!("{}{}", dialect.base(), operation.path.replace(['{', '}'], "")),
                body: None,
            };
            let _ = assert_refused(&send(&world.server_key(), &wrong).await, &[405], dialect.name, &wrong);
        }
    }
}

#[tokio::test]
async fn every_operation_counts_against_the_rate_limit() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let keys = Keys::new(&world).await;
        let fixture = Fixture::new(&world, &keys.token).await;
        for operation in dialect.operations().iter().filter(|operation| operation.access.is_some()) {
            let rate_limit = Some(RateLimit::new(1).expect("a limit"));
            let key = world.make_key(KeyOptions { rate_limit, ..KeyOptions::default() }).await;
            let role = world.with_key(&key);
            let own = call(&fixture, &dialect, operation).await;
            assert_allowed(&send(&role, &own).await, "first", &own);
            let second = send(&role, &own).await;
            let _ = assert_refused(&second, &[429], "second", &own);
            assert!(second.header("retry-after").is_some(), "{own:?} has no Retry-After");
        }
    }
}

/// Responses of the table are lost after it has committed, more often than the SDK retries.
async fn lose_responses(dialect: Dialect) {
    let world = World::behind_proxy(Faults::default()).await;
    let keys = Keys::new(&world).await;
    let fixture = Fixture::new(&world, &keys.token).await;
    for operation in dialect.operations().iter().filter(|operation| operation.method != Method::GET) {
        let own = call(&fixture, &dialect, operation).await;
        world.proxy().set_faults(Faults { lost_responses: 6, ..Faults::default() });
        let first = repeat(&keys.all, &own, "Wq7tN2xKc9Rf4LmVb8Hs").await;
        world.proxy().set_faults(Faults::default());
        if !first.status.is_success() {
            let _ = assert_refused(&first, &[500, 503], "lost", &own);
        }
        let second = repeat(&keys.all, &own, "Wq7tN2xKc9Rf4LmVb8Hs").await;
        let is_gone = operation.method == Method::DELETE && second.status == 404;
        assert!(is_gone || second.status.is_success(), "{own:?} {} {:?}", second.status, second.bytes);
        let rows = world.rows().await.len();
        let third = repeat(&keys.all, &own, "Wq7tN2xKc9Rf4LmVb8Hs").await;
        assert!(third.status == second.status || operation.method != Method::POST, "{own:?} {}", third.status);
        assert_eq!(world.rows().await.len(), rows, "{own:?} was carried out twice");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn lost_responses_are_repeated_without_a_second_effect() {
    // Retries wait, so the dialects take turns.
    let _ = join_all(DIALECTS.map(lose_responses)).await;
}

/// Permissions without a request in the test: the signer of an upload or a download needs those of the request, and a registration removes
/// the object of a file that is deleted meanwhile.
const SIGNED_OR_RARE: &[&str] = &["s3:PutObject/pending", "s3:GetObject/files", "s3:DeleteObject/files"];

#[tokio::test]
async fn function_may_do_what_its_operations_do_and_nothing_else() {
    let mut needed: BTreeSet<_> = SIGNED_OR_RARE.iter().map(|permission| (*permission).to_owned()).collect();
    for dialect in DIALECTS {
        let world = World::behind_proxy(Faults::default()).await;
        let keys = Keys::new(&world).await;
        let fixture = Fixture::new(&world, &keys.token).await;
        for operation in dialect.operations() {
            let own = call(&fixture, &dialect, &operation).await;
            let _ = (world.proxy().take_meter(), world.take_asked_of_s3(), world.data_keys.take_permissions());
            // The key is looked up, and the data key is decrypted, by each function itself.
            world.clock.advance_millis(300_000);
            assert_allowed(&repeat(&keys.all, &own, "Rk5mZ1wQh8Vt3JnXc6Pd").await, "all scopes", &own);
            needed.extend(world.proxy().take_meter().permissions);
            needed.extend(policies::of_s3(&world));
            needed.extend(world.data_keys.take_permissions());
        }
        // What the calls above do not use: other indexes, and the secret of anonymous customers.
        world.clock.advance_millis(300_000);
        for (client, path, body) in [
            (false, "gtateth/conversations?assignedTo=01900000-0000-7000-8000-000000000001", None),
            (false, "chatwoot/api/v1/accounts/1/conversations?status=all&sort_by=created_at_desc", None),
            (true, "bancroft/api/v1/conversations/create/", Some(serde_json::json!({ "subject": "Help" }))),
        ] {
            let method = if body.is_some() { Method::POST } else { Method::GET };
            let other = Call { method, path: format!("/dialects/{path}"), body };
            let role = if client { &keys.client } else { &keys.all };
            assert_allowed(&send(role, &other).await, "all scopes", &other);
            needed.extend(world.proxy().take_meter().permissions);
            needed.extend(world.data_keys.take_permissions());
        }
    }
    // Every dialect can have long messages, whose content is in the bucket.
    needed.extend(["s3:PutObject/content", "s3:GetObject/content", "s3:ListBucket"].map(str::to_owned));
    let functions = template::functions().into_iter();
    let allowed = functions.filter(|f| f.binary == "dialects").flat_map(|f| f.permissions).collect();
    assert_eq!(needed, allowed);
}
