//! Behaviour that all workspace resources share.

use deskless_domain::{KeyKind, Scope};
use deskless_tests::{Faults, KeyOptions, World, packed};
use http::Method;
use serde_json::{Value, json};

use super::workspace_support::{Deleted, assert_pages, delete, resources};

#[tokio::test]
async fn create_get_list_and_update() {
    let world = World::new().await;
    let role = world.server_key();
    for resource in resources() {
        let answer = role.post(resource.path, &resource.make).await;
        let (location, tag) = (answer.header("location").map(str::to_owned), answer.header("etag").map(str::to_owned));
        let made = answer.expect(201)[resource.one].clone();
        let path = resource.path_of(&made);
        assert_eq!((location, tag.as_deref()), (Some(path.clone()), Some("\"1\"")));
        assert_eq!(made["createdAt"], made["updatedAt"], "{made:#}");
        let got = role.get(&path).await;
        assert_eq!(got.header("etag"), Some("\"1\""));
        assert_eq!(got.expect(200)[resource.one], made);
        assert!(resource.listed(&role).await.contains(&made), "{}", resource.path);

        let changed = role.patch(&path, &resource.change).await;
        assert_eq!(changed.header("etag"), Some("\"2\""));
        let changed = changed.expect(200)[resource.one].clone();
        let mut wanted = made.clone();
        for (name, value) in resource.change.as_object().expect("fields") {
            wanted[name] = value.clone();
        }
        assert!(changed["updatedAt"].as_str() > made["updatedAt"].as_str());
        wanted["updatedAt"] = changed["updatedAt"].clone();
        assert_eq!(changed, wanted);
        assert_eq!(role.get(&path).await.expect(200)[resource.one], changed);
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn lists_are_paginated() {
    let world = World::new().await;
    let role = world.server_key();
    let mut cursors = Vec::new();
    for resource in resources() {
        let mut wanted = resource.listed(&role).await;
        for _ in 0..4 {
            wanted.push(resource.made(&role).await);
        }
        if resource.one == "customer" {
            wanted.reverse();
        }
        assert_pages(&role, resource.path, resource.many, &wanted).await;
        let page = role.get(&format!("{}?limit=1", resource.path)).await.expect(200);
        cursors.push(page["nextCursor"].as_str().expect("a cursor").to_owned());
    }
    for (i, resource) in resources().iter().enumerate() {
        let foreign = &cursors[(i + 1) % cursors.len()];
        let path = format!("{}?cursor={foreign}", resource.path);
        let _ = role.get(&path).await.expect_problem(400, "invalid_cursor");
        let path = format!("{}?cursor={}", resource.path, cursors[i]);
        let _ = world.other_workspace().get(&path).await.expect_problem(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn delete_archives_revokes_or_removes() {
    let world = World::new().await;
    let role = world.server_key();
    for resource in resources() {
        let made = resource.made(&role).await;
        let path = resource.path_of(&made);
        if resource.when_deleted == Deleted::Never {
            continue;
        }
        assert_eq!(delete(&world, &path).await.status.as_u16(), 204);
        match resource.when_deleted {
            Deleted::Unlisted(time) | Deleted::Listed(time) => {
                let shown = role.get(&path).await.expect(200)[resource.one].clone();
                assert!(shown[time].is_string() && made[time].is_null(), "{shown:#}");
                assert_eq!(shown["name"], made["name"]);
                let listed = resource.listed(&role).await.contains(&shown);
                assert_eq!(listed, matches!(resource.when_deleted, Deleted::Listed(_)));
                assert_eq!(delete(&world, &path).await.status.as_u16(), 204, "deleting again changes nothing");
                assert_eq!(role.get(&path).await.expect(200)[resource.one], shown);
                let _ = role.patch(&path, &resource.change).await.expect_problem(409, "conflict");
            }
            Deleted::Gone | Deleted::Never => {
                let _ = role.get(&path).await.expect_problem(404, "not_found");
                let _ = delete(&world, &path).await.expect_problem(404, "not_found");
                assert_eq!(resource.listed(&role).await, Vec::<Value>::new());
            }
        }
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn lists_skip_archived_resources() {
    let world = World::new().await;
    let role = world.server_key();
    for resource in resources().iter().filter(|r| matches!(r.when_deleted, Deleted::Unlisted(_))) {
        let mut kept = Vec::new();
        for i in 0..9 {
            let made = resource.made(&role).await;
            if i % 3 == 0 {
                kept.push(made);
            } else {
                let _ = delete(&world, &resource.path_of(&made)).await;
            }
        }
        assert_pages(&role, resource.path, resource.many, &kept).await;
    }
}

#[tokio::test]
async fn update_honours_if_match() {
    let world = World::new().await;
    let role = world.server_key();
    for resource in resources() {
        let path = resource.path_of(&resource.made(&role).await);
        let change = |tag: &'static str| role.ask(Method::PATCH, &path).header("if-match", tag).json(&resource.change);
        let _ = change("\"7\"").send().await.expect_problem(412, "version_mismatch");
        let _ = change("\"1\"").send().await.expect(200);
        let _ = change("\"1\"").send().await.expect_problem(412, "version_mismatch");
        let known = role.ask(Method::GET, &path).header("if-none-match", "\"2\"").send().await;
        assert_eq!((known.status.as_u16(), known.bytes.len()), (304, 0));
        if resource.when_deleted != Deleted::Never {
            let ask = |tag: &'static str| role.ask(Method::DELETE, &path).header("if-match", tag);
            let _ = ask("\"1\"").send().await.expect_problem(412, "version_mismatch");
            assert_eq!(ask("\"2\"").send().await.status.as_u16(), 204);
        }
    }
}

#[tokio::test]
async fn retry_returns_same_response() {
    let world = World::new().await;
    let role = world.server_key();
    for resource in resources() {
        let before = resource.listed(&role).await.len();
        let ask = |body: &Value| role.ask(Method::POST, resource.path).header("idempotency-key", "k").json(body);
        let first = ask(&resource.make).send().await;
        let again = ask(&resource.make).send().await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        for header in ["location", "etag"] {
            assert_eq!(first.header(header), again.header(header));
        }
        assert_eq!(first.expect(201)[resource.one], again.expect(201)[resource.one]);
        let mut other = resource.make.clone();
        other[resource.text_field()] = json!("https://another.example.com");
        let _ = ask(&other).send().await.expect_problem(422, "idempotency_key_reused");
        assert_eq!(resource.listed(&role).await.len(), before + 1);
    }
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_retries_have_one_effect() {
    for resource in resources() {
        let world = World::behind_proxy(Faults { conflicts_percent: 20, ..Faults::default() }).await;
        let role = world.server_key();
        let before = resource.listed(&role).await.len();
        let ask = || role.ask(Method::POST, resource.path).header("idempotency-key", "k").json(&resource.make).send();
        let answers = futures_util::future::join_all((0..16).map(|_| ask())).await;
        let replayed = answers.iter().filter(|a| a.header("idempotent-replayed").is_some()).count();
        assert_eq!(replayed, 15, "{}", resource.path);
        let made: Vec<_> = answers.into_iter().map(|a| a.expect(201)[resource.one].clone()).collect();
        assert!(made.iter().all(|one| *one == made[0]));
        assert_eq!(resource.listed(&role).await.len(), before + 1);
        world.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn write_with_lost_response_is_done_once() {
    for resource in resources() {
        for lost in [1, 6] {
            let world = World::behind_proxy(Faults::default()).await;
            let role = world.server_key();
            let before = resource.listed(&role).await.len();
            let losing = || world.proxy().set_faults(Faults { lost_responses: lost, ..Faults::default() });
            losing();
            let answer = role.post(resource.path, &resource.make).await;
            assert_eq!(answer.header("etag"), Some("\"1\""), "{}", resource.path);
            let path = resource.path_of(&answer.expect(201)[resource.one]);
            assert_eq!(resource.listed(&role).await.len(), before + 1, "{}", resource.path);
            losing();
            let changed = role.patch(&path, &resource.change).await;
            assert_eq!(changed.header("etag"), Some("\"2\""), "{}", resource.path);
            if resource.when_deleted != Deleted::Never {
                losing();
                assert_eq!(delete(&world, &path).await.status.as_u16(), 204, "{}", resource.path);
            }
            world.assert_sound().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_updates_of_other_fields_are_kept() {
    for (path, one, make, changes) in [
        (
            "/api/v1/members",
            "member",
            json!({ "name": "a", "email": "a@b.c" }),
            [json!({ "name": "b" }), json!({ "email": "b@b.c" }), json!({ "role": "admin" })],
        ),
        (
            "/api/v1/customers",
            "customer",
            json!({ "name": "a" }),
            [json!({ "name": "b" }), json!({ "email": "b@b.c" }), json!({ "company": "c" })],
        ),
    ] {
        let world = World::behind_proxy(Faults { conflicts_percent: 30, ..Faults::default() }).await;
        let role = world.server_key();
        let made = role.post(path, &make).await.expect(201)[one].clone();
        let path = format!("{path}/{}", made["id"].as_str().expect("an id"));
        let [a, b, c] = &changes;
        let (a, b, c) = tokio::join!(role.patch(&path, a), role.patch(&path, b), role.patch(&path, c));
        for answer in [a, b, c] {
            let _ = answer.expect(200);
        }
        let now = role.get(&path).await;
        assert_eq!(now.header("etag"), Some("\"4\""));
        let now = now.expect(200)[one].clone();
        for (name, value) in changes.iter().flat_map(|change| change.as_object().expect("fields")) {
            assert_eq!(&now[name], value);
        }
    }
}

#[tokio::test]
async fn scope_and_server_key_are_required() {
    let world = World::new().await;
    for resource in resources() {
        let path = resource.path_of(&resource.made(&world.server_key()).await);
        let [read, write] = resource.scopes.map(|scope| Scope::parse(scope).expect("a scope"));
        let without = |lacking: Scope| Scope::ALL.iter().copied().filter(|&s| s != lacking).collect();
        let reader = world.make_key(KeyOptions { scopes: without(write), ..KeyOptions::default() }).await;
        let writer = world.make_key(KeyOptions { scopes: without(read), ..KeyOptions::default() }).await;
        let (reader, writer) = (world.with_key(&reader), world.with_key(&writer));
        let _ = reader.get(resource.path).await.expect(200);
        let _ = reader.get(&path).await.expect(200);
        let _ = writer.get(resource.path).await.expect_problem(403, "forbidden");
        let _ = writer.get(&path).await.expect_problem(403, "forbidden");
        let _ = reader.post(resource.path, &resource.make).await.expect_problem(403, "forbidden");
        let _ = reader.patch(&path, &resource.change).await.expect_problem(403, "forbidden");
        let _ = writer.patch(&path, &resource.change).await.expect(204);
        if resource.when_deleted != Deleted::Never {
            let _ = reader.ask(Method::DELETE, &path).send().await.expect_problem(403, "forbidden");
        }
        let _ = world.anon().get(&path).await.expect_problem(401, "unauthorized");
        let client = world.make_key(KeyOptions { kind: KeyKind::Client, ..KeyOptions::default() }).await;
        let _ = world.with_key(&client).get(&path).await.expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn invalid_fields_are_named_and_nothing_is_written() {
    let world = World::new().await;
    let role = world.server_key();
    for resource in resources() {
        let path = resource.path_of(&resource.made(&role).await);
        let before = world.rows().await.len();
        let _ = role.patch(&path, &json!({})).await.expect_invalid(&[""]);
        let _ = role.patch(&path, &json!([])).await.expect_invalid(&[""]);
        for field in ["id", "createdAt", "updatedAt", "archivedAt", "version", "object", "nonsense"] {
            let _ = role.patch(&path, &json!({ field: "x" })).await.expect_invalid(&[field]);
        }
        for field in ["createdAt", "updatedAt", "archivedAt", "version", "object", "nonsense"] {
            let mut body = resource.make.clone();
            body[field] = json!("x");
            let _ = role.post(resource.path, &body).await.expect_invalid(&[field]);
        }
        let mut body = resource.make.clone();
        let field = resource.text_field();
        body[field] = json!("two\nlines");
        let _ = role.post(resource.path, &body).await.expect_invalid(&[field]);
        let _ = role.patch(&path, &json!({ field: "" })).await.expect_invalid(&[field]);
        assert_eq!(world.rows().await.len(), before);
        let _ = role.get(&format!("{}/x y", resource.path).replace(' ', "%20")).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn required_fields_are_named() {
    let world = World::new().await;
    for (path, fields) in [
        ("/api/v1/inboxes", vec!["name", "channel"]),
        ("/api/v1/members", vec!["name", "email"]),
        ("/api/v1/assistants", vec!["name"]),
        ("/api/v1/pipelines", vec!["name"]),
        ("/api/v1/views", vec!["name", "filter"]),
        ("/api/v1/api-keys", vec!["name", "scopes"]),
        ("/api/v1/automations", vec!["name", "trigger", "actions"]),
        ("/api/v1/webhook-endpoints", vec!["url"]),
    ] {
        let _ = world.server_key().post(path, &json!({})).await.expect_invalid(&fields);
        let nulls: Value = fields.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
        let _ = world.server_key().post(path, &nulls).await.expect_invalid(&fields);
    }
}

#[tokio::test]
async fn workspace_holds_at_most_1000_of_a_kind() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({ "name": "a" });
    let made = role.post("/api/v1/assistants", &body).await.expect(201);
    let row = world.rows().await.into_iter().find(|row| row.pk().ends_with("#A")).expect("the stored item");
    for i in 1..1000 {
        let mut another = row.clone();
        another.0["sk"] = json!({ "S": packed(format!("01900000-0000-7000-8000-{i:012}")) });
        world.put(&another).await;
    }
    let _ = role.post("/api/v1/assistants", &body).await.expect_problem(409, "conflict");
    let _ = role.post("/api/v1/pipelines", &body).await.expect(201);
    let path = format!("/api/v1/assistants/{}", made["assistant"]["id"].as_str().expect("an id"));
    assert_eq!(delete(&world, &path).await.status.as_u16(), 204);
    let _ = role.post("/api/v1/assistants", &body).await.expect(201);
}
