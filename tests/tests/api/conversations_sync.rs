//! Lists with `updatedAfter`, and lists by creation.

use deskless_domain::{Clock, Timestamp};
use deskless_tests::{World, minimal_conversation};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";
const START: &str = "2026-06-28T18:00:00.000Z";

fn ids(list: &Value) -> Vec<&str> {
    list["conversations"].as_array().expect("an array").iter().map(|c| c["id"].as_str().expect("an id")).collect()
}

async fn opened(world: &World) -> String {
    world.server_key().open(&minimal_conversation()).await["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn change_is_listed_20_seconds_after_it_was_logged() {
    let world = World::new().await;
    let role = world.server_key();
    let path = format!("{PATH}?updatedAfter={START}");
    let [a, b] = [opened(&world).await, opened(&world).await];
    let list = async |cursor: &Value| {
        let cursor = cursor.as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        role.ask(http::Method::GET, &format!("{path}{cursor}")).send_now().await.expect(200)
    };
    world.clock.advance_millis(60_000);
    let first = list(&Value::Null).await;
    assert_eq!((ids(&first), &first["hasMore"]), (vec![], &json!(false)), "no worker has logged a change");
    let _ = world.drain_events().await;
    world.clock.advance_millis(19_999);
    let early = list(&first["nextCursor"]).await;
    assert_eq!(ids(&early), Vec::<&str>::new());
    world.clock.advance_millis(1);
    let settled = list(&early["nextCursor"]).await;
    let mut found = ids(&settled);
    found.sort_unstable();
    assert_eq!(found, [a.as_str(), b.as_str()]);
    assert_eq!(ids(&list(&settled["nextCursor"]).await), Vec::<&str>::new());
    let _ = role.patch(&format!("{PATH}/{a}"), &json!({ "priority": "high" })).await.expect(200);
    let _ = world.drain_events().await;
    world.clock.advance_millis(20_000);
    let changed = list(&settled["nextCursor"]).await;
    assert_eq!(ids(&changed), [a.as_str()]);
    assert_eq!(changed["conversations"][0]["priority"], "high");
}

#[tokio::test]
async fn filters_apply_to_changes() {
    let world = World::new().await;
    let role = world.server_key();
    let [a, _] = [opened(&world).await, opened(&world).await];
    let _ = role.patch(&format!("{PATH}/{a}"), &json!({ "status": "solved" })).await.expect(200);
    let _ = world.drain_events().await;
    world.clock.advance_millis(20_000);
    let solved = role.get(&format!("{PATH}?updatedAfter={START}&status=solved")).await.expect(200);
    assert_eq!(ids(&solved), [a.as_str()]);
    let nobody = role.get(&format!("{PATH}?updatedAfter={START}&customerEmail=nobody@example.com")).await.expect(200);
    assert_eq!((ids(&nobody), nobody["nextCursor"].is_string()), (vec![], true));
    let later = role.get(&format!("{PATH}?updatedAfter=2026-06-28T18:05:00Z")).await.expect(200);
    assert_eq!(ids(&later), Vec::<&str>::new(), "only changes after the time and the minute before it");
    let theirs = world.other_workspace().get(&format!("{PATH}?updatedAfter={START}")).await.expect(200);
    assert_eq!(ids(&theirs), Vec::<&str>::new());
}

#[tokio::test]
async fn updated_after_excludes_sort_and_order() {
    let world = World::new().await;
    let role = world.server_key();
    for (query, field) in [("sort=createdAt", "sort"), ("sort=activity", "sort"), ("order=asc", "order")] {
        let refused = role.get(&format!("{PATH}?updatedAfter={START}&{query}")).await;
        let problem = refused.expect_invalid(&[field]);
        assert!(problem["error"].as_str().is_some_and(|text| text.contains("`updatedAfter`")), "{problem}");
    }
    let _ = role.get(&format!("{PATH}?sort=subject")).await.expect_invalid(&["sort"]);
    let _ = role.get(&format!("{PATH}?updatedAfter=yesterday")).await.expect_invalid(&["updatedAfter"]);
}

#[tokio::test]
async fn updated_after_reaches_back_30_days() {
    let world = World::new().await;
    let days = |days: i64| Timestamp::from_millis(world.clock.now().as_millis() - days * 86_400_000);
    let ask = async |time: Timestamp| {
        world.server_key().ask(http::Method::GET, &format!("{PATH}?updatedAfter={time}")).send_now().await
    };
    let _ = ask(days(30)).await.expect(200);
    let earlier = Timestamp::from_millis(days(30).as_millis() - 1);
    let problem = ask(earlier).await.expect_invalid(&["updatedAfter"]);
    let text = problem["error"].as_str().unwrap_or_default();
    assert!(text.contains("30 days") && text.contains("sort=createdAt"), "{problem}");
}

#[tokio::test]
async fn cursor_of_another_list_is_refused() {
    let world = World::new().await;
    let role = world.server_key();
    for _ in 0..2 {
        let _ = opened(&world).await;
    }
    let _ = world.drain_events().await;
    world.clock.advance_millis(20_000);
    let lists = [
        String::new(),
        "order=asc".to_owned(),
        "sort=createdAt".to_owned(),
        "sort=createdAt&order=asc".to_owned(),
        "sort=createdAt&status=open".to_owned(),
        format!("updatedAfter={START}"),
        format!("updatedAfter={START}&status=open"),
        "updatedAfter=2026-06-28T17:59:59.000Z".to_owned(),
    ];
    let mut cursors = Vec::new();
    for list in &lists {
        let page = role.get(&format!("{PATH}?limit=1&{list}")).await.expect(200);
        cursors.push(page["nextCursor"].as_str().expect("a next page").to_owned());
    }
    for (i, list) in lists.iter().enumerate() {
        for (j, cursor) in cursors.iter().enumerate() {
            let answer = role.get(&format!("{PATH}?limit=1&{list}&cursor={cursor}")).await;
            if i == j {
                let _ = answer.expect(200);
            } else {
                let _ = answer.expect_problem(400, "invalid_cursor");
            }
        }
        let theirs = world.other_workspace().get(&format!("{PATH}?limit=1&{list}&cursor={}", cursors[i])).await;
        let _ = theirs.expect_problem(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn messages_do_not_move_conversations_in_the_list_by_creation() {
    let world = World::new().await;
    let role = world.server_key();
    let [a, b, c] = [opened(&world).await, opened(&world).await, opened(&world).await];
    let reply = json!({ "body": "Hi" });
    let _ = role.post(&format!("{PATH}/{a}/messages"), &reply).await.expect(201);
    let created = async |id: &str| {
        let found = role.get(&format!("{PATH}/{id}")).await.expect(200);
        found["conversation"]["createdAt"].as_str().expect("a time").to_owned()
    };
    let (earliest, latest) = (created(&a).await, created(&c).await);
    let lists = [
        ("sort=createdAt".to_owned(), vec![&c, &b, &a]),
        ("sort=createdAt&order=asc".to_owned(), vec![&a, &b, &c]),
        ("sort=activity".to_owned(), vec![&a, &c, &b]),
        // With `createdBefore`, the default is the order of creation.
        (format!("createdBefore={latest}"), vec![&b, &a]),
        (format!("createdBefore={latest}&order=asc"), vec![&a, &b]),
        (format!("createdBefore={latest}&sort=activity"), vec![&a, &b]),
        (format!("createdAfter={earliest}&sort=createdAt"), vec![&c, &b, &a]),
        (format!("createdAfter={earliest}&createdBefore={latest}&order=asc"), vec![&a, &b]),
        (format!("createdAfter={latest}&createdBefore={earliest}"), vec![]),
    ];
    for (query, expected) in lists {
        let page = role.get(&format!("{PATH}?{query}")).await.expect(200);
        assert_eq!(ids(&page), expected, "{query}");
    }
}
