//! References of a conversation: assignee, assistant, inbox and stage.

use deskless_tests::World;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";
const UNKNOWN: &str = "01900000-0000-7000-8000-000000000001";

/// Creates a resource and returns it.
async fn make(world: &World, plural: &str, singular: &str, body: &Value) -> Value {
    world.server_key().post(&format!("/api/v1/{plural}"), body).await.expect(201)[singular].clone()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().expect("an id")
}

/// A workspace with one resource of each kind.
struct Workspace {
    member: Value,
    assistant: Value,
    inbox: Value,
    pipeline: Value,
}

async fn workspace(world: &World) -> Workspace {
    Workspace {
        member: make(world, "members", "member", &json!({ "name": "Grace", "email": "grace@example.com" })).await,
        assistant: make(world, "assistants", "assistant", &json!({ "name": "Helper" })).await,
        inbox: make(world, "inboxes", "inbox", &json!({ "name": "Support", "channel": "email" })).await,
        pipeline: {
            let body = json!({ "name": "Sales", "stages": [{ "name": "New" }, { "name": "Won" }] });
            make(world, "pipelines", "pipeline", &body).await
        },
    }
}

#[tokio::test]
async fn references_are_returned_with_names() {
    let world = World::new().await;
    let ours = world.server_key();
    let Workspace { member, assistant, inbox, pipeline } = workspace(&world).await;
    let stage = &pipeline["stages"][1];
    let body = json!({
        "subject": "Hello", "customer": { "id": "cus_1" }, "assigneeId": member["id"], "assistantId": assistant["id"],
        "inboxId": inbox["id"], "pipelineId": pipeline["id"], "stageId": stage["id"],
    });
    let made = ours.open(&body).await;
    let path = format!("{PATH}/{}", id(&made));
    let read = ours.get(&path).await.expect(200)["conversation"].clone();
    assert_eq!(read, made);
    let listed = ours.get(&format!("{PATH}?assigneeId={}", id(&member))).await.expect(200);
    assert_eq!(listed["conversations"], json!([made]));
    for (field, object) in [("assignee", &member), ("assistant", &assistant), ("inbox", &inbox), ("stage", stage)] {
        assert_eq!(made[field], json!({ "id": object["id"], "name": object["name"] }), "{field}");
        assert_eq!(made[format!("{field}Id")], object["id"], "{field}");
    }
    assert_eq!(made["pipelineId"], pipeline["id"]);
    for query in [
        format!("assistantId={}", id(&assistant)),
        format!("inboxId={}", id(&inbox)),
        format!("pipelineId={}&stageId={}", id(&pipeline), id(stage)),
        format!("assigneeId={}&status=open&stageId={}", id(&member), id(stage)),
    ] {
        let listed = ours.get(&format!("{PATH}?{query}")).await.expect(200);
        assert_eq!(listed["conversations"].as_array().map(Vec::len), Some(1), "{query}");
    }
    for query in ["assigneeId=none".to_owned(), format!("stageId={}", id(&pipeline["stages"][0]))] {
        let listed = ours.get(&format!("{PATH}?{query}")).await.expect(200);
        assert_eq!(listed["conversations"], json!([]), "{query}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn renamed_reference_shows_within_30_seconds() {
    let world = World::new().await;
    let ours = world.server_key();
    let Workspace { member, .. } = workspace(&world).await;
    let path = ours.open_path().await;
    let assigned = ours.patch(&path, &json!({ "assigneeId": member["id"] })).await.expect(200);
    assert_eq!(assigned["conversation"]["assignee"]["name"], "Grace");
    let version = ours.get(&path).await.header("etag").map(ToOwned::to_owned);
    let rename = json!({ "name": "Admiral Hopper" });
    let _ = ours.patch(&format!("/api/v1/members/{}", id(&member)), &rename).await.expect(200);
    world.clock.advance_millis(30_000);
    let renamed = ours.get(&path).await;
    assert_eq!(renamed.header("etag").map(ToOwned::to_owned), version, "the conversation is unchanged");
    assert_eq!(renamed.expect(200)["conversation"]["assignee"]["name"], "Admiral Hopper");
}

#[tokio::test]
async fn missing_or_archived_reference_is_refused() {
    let world = World::new().await;
    let ours = world.server_key();
    let Workspace { member, assistant, inbox, pipeline } = workspace(&world).await;
    let theirs = world.other_workspace();
    let body = json!({ "name": "Mallory", "email": "m@example.com" });
    let foreign = theirs.post("/api/v1/members", &body).await.expect(201)["member"].clone();
    let path = ours.open_path().await;
    let all = json!({
        "assigneeId": UNKNOWN, "assistantId": UNKNOWN, "inboxId": UNKNOWN, "pipelineId": UNKNOWN, "stageId": UNKNOWN,
    });
    let fields = |problem: &Value| -> Vec<String> {
        let errors = problem["errors"].as_array().expect("errors");
        errors.iter().map(|error| error["field"].as_str().expect("text").to_owned()).collect()
    };
    let wanted = ["inboxId", "assigneeId", "assistantId", "pipelineId", "stageId"];
    let refused = ours.patch(&path, &all).await.expect_problem(400, "invalid_request");
    assert_eq!(fields(&refused), wanted);
    let mut opened = deskless_tests::minimal_conversation();
    opened.as_object_mut().expect("an object").extend(all.as_object().expect("an object").clone());
    let refused = ours.post(PATH, &opened).await.expect_problem(400, "invalid_request");
    assert_eq!(fields(&refused), wanted);
    let unknown = ours.patch(&path, &json!({ "assigneeId": UNKNOWN })).await.expect_problem(400, "invalid_request");
    let others = ours.patch(&path, &json!({ "assigneeId": foreign["id"] })).await;
    assert_eq!(others.expect_problem(400, "invalid_request")["errors"], unknown["errors"]);

    let using = json!({ "assigneeId": member["id"], "stageId": pipeline["stages"][0]["id"] });
    let _ = ours.patch(&path, &using).await.expect(200);
    for (plural, object) in
        [("members", &member), ("assistants", &assistant), ("inboxes", &inbox), ("pipelines", &pipeline)]
    {
        let deleted = ours.ask(http::Method::DELETE, &format!("/api/v1/{plural}/{}", id(object))).send().await;
        assert_eq!(deleted.status, 204);
    }
    world.clock.advance_millis(30_000);
    let named = ours.get(&path).await.expect(200)["conversation"].clone();
    assert_eq!(named["assignee"]["name"], "Grace", "archived references keep their names");
    assert_eq!(named["stage"]["name"], "New");
    for body in [
        json!({ "assigneeId": member["id"] }),
        json!({ "assistantId": assistant["id"] }),
        json!({ "inboxId": inbox["id"] }),
        json!({ "pipelineId": pipeline["id"] }),
        json!({ "stageId": pipeline["stages"][1]["id"] }),
    ] {
        let _ = ours.patch(&path, &body).await.expect_problem(400, "invalid_request");
    }
    let cleared = ours.patch(&path, &json!({ "assigneeId": null, "pipelineId": null })).await.expect(200);
    for field in ["assignee", "assigneeId", "pipelineId", "stage", "stageId"] {
        assert_eq!(cleared["conversation"][field], Value::Null, "{field}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn stage_must_belong_to_pipeline() {
    let world = World::new().await;
    let ours = world.server_key();
    let sales = workspace(&world).await.pipeline;
    let body = json!({ "name": "Hiring", "stages": [{ "name": "Interview" }] });
    let hiring = make(&world, "pipelines", "pipeline", &body).await;
    let path = ours.open_path().await;
    let change = async |body: Value| {
        let now = ours.patch(&path, &body).await.expect(200)["conversation"].clone();
        (now["pipelineId"].clone(), now["stageId"].clone())
    };
    let (won, interview) = (&sales["stages"][1]["id"], &hiring["stages"][0]["id"]);
    assert_eq!(change(json!({ "stageId": won })).await, (sales["id"].clone(), won.clone()));
    assert_eq!(change(json!({ "stageId": interview })).await, (hiring["id"].clone(), interview.clone()));
    assert_eq!(change(json!({ "pipelineId": sales["id"] })).await, (sales["id"].clone(), Value::Null));
    assert_eq!(change(json!({ "stageId": won })).await, (sales["id"].clone(), won.clone()));
    assert_eq!(change(json!({ "stageId": null })).await, (sales["id"].clone(), Value::Null));
    assert_eq!(change(json!({ "pipelineId": null })).await, (Value::Null, Value::Null));
    for body in [
        json!({ "pipelineId": sales["id"], "stageId": interview }),
        json!({ "pipelineId": null, "stageId": interview }),
    ] {
        let refused = ours.patch(&path, &body).await.expect_problem(400, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], "stageId", "{body}");
    }
}

#[tokio::test]
async fn view_combines_with_other_filters() {
    let world = World::new().await;
    let ours = world.server_key();
    for (subject, status, tags) in
        [("a", "open", json!(["vip"])), ("b", "waiting", json!(["vip"])), ("c", "open", json!([]))]
    {
        let body = json!({ "subject": subject, "customer": { "id": "cus_1" }, "status": status, "tags": tags });
        let _ = ours.open(&body).await;
    }
    let view = make(&world, "views", "view", &json!({ "name": "VIPs", "filter": { "tag": "vip" } })).await;
    let subjects = async |query: &str| {
        let list = ours.get(&format!("{PATH}?viewId={}{query}", id(&view))).await.expect(200);
        let list = list["conversations"].as_array().expect("an array").clone();
        list.iter().map(|one| one["subject"].as_str().expect("text")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(subjects("").await, "b a");
    assert_eq!(subjects("&status=open").await, "a");
    assert_eq!(subjects("&tag=other").await, "", "both filters apply");
    let page = ours.get(&format!("{PATH}?viewId={}&limit=1", id(&view))).await.expect(200);
    let cursor = page["nextCursor"].as_str().expect("more").to_owned();
    let next = format!("&limit=1&cursor={cursor}");
    assert_eq!(subjects(&next).await, "a");
    let change = json!({ "filter": { "status": "open" } });
    let _ = ours.patch(&format!("/api/v1/views/{}", id(&view)), &change).await.expect(200);
    let stale = ours.get(&format!("{PATH}?viewId={}{next}", id(&view))).await;
    let _ = stale.expect_problem(400, "invalid_cursor");
    assert_eq!(subjects("").await, "c a");
    let theirs = world.other_workspace().get(&format!("{PATH}?viewId={}", id(&view))).await;
    assert_eq!(theirs.expect_problem(400, "invalid_request")["errors"][0]["field"], "viewId");
}
