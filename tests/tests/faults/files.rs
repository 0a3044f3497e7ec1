//! Interrupted registrations and deletions of files, and registrations while the conversation is deleted.

use deskless_tests::{Delivery, Upload, Worker, World, interrupt_after, minimal_conversation, record};
use http::Method;
use serde_json::{Value, json};

use crate::support::{ALONE, text};

async fn uploaded(world: &World, conversation: &str) -> Value {
    let signed = world.server_key().sign(&json!(conversation), "a.txt", "text/plain", 5).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    json!({ "fileId": signed["file"]["id"] })
}

fn kept(world: &World) -> Vec<String> {
    world.objects().into_iter().filter(|key| key.starts_with("files/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_delete_leaves_no_object_or_item() {
    let _alone = ALONE.lock().await;
    let world = World::new().await;
    let ours = world.server_key();
    let mut ended = 0;
    for waits in 0..16 {
        let id = text(&ours.open(&minimal_conversation()).await, "id");
        for _ in 0..2 {
            let _ = ours.upload(&json!(id), "a.txt", "hello").await;
        }
        let alone = text(&ours.upload(&json!(id), "a.txt", "hello").await, "id");
        let _ = ours.ask(Method::DELETE, &format!("/api/v1/files/{alone}")).send().await.expect(204);
        let _ = ours.ask(Method::DELETE, &format!("/api/v1/conversations/{id}")).send().await.expect(204);
        let conversation = world.row(&world.pk("C", &id), "A").await.expect("a tombstone");
        assert!(world.deliver_once(Worker::Events, &[record(1, None, Some(&conversation))]).await);
        for pk in [world.pk("F", &alone), format!("{}#P", world.prefix())] {
            let row = world.row(&pk, "A").await.expect("an item that requests the removal");
            let told = [record(1, None, Some(&row))];
            let delivery = Box::pin(world.deliver_once(Worker::Jobs, &told));
            ended += usize::from(interrupt_after(Some(waits), delivery).await.is_none());
        }
    }
    assert!(ended > 7, "only {ended} were ended");
    let _ = world.drain_events_as(Delivery { duplicated_percent: 30, ..Delivery::default() }).await;
    assert!(kept(&world).is_empty(), "{:?}", kept(&world));
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_during_delete_leaves_nothing() {
    let _alone = ALONE.lock().await;
    let world = World::new().await;
    let ours = world.server_key();
    for _ in 0..20 {
        let id = text(&ours.open(&minimal_conversation()).await, "id");
        let (one, two) = (uploaded(&world, &id).await, uploaded(&world, &id).await);
        let path = format!("/api/v1/conversations/{id}");
        let (first, second, deleted) = tokio::join!(
            ours.post("/api/v1/files", &one),
            ours.post("/api/v1/files", &two),
            ours.ask(Method::DELETE, &path).send(),
        );
        let _ = deleted.expect(204);
        for answer in [first, second] {
            assert!([200, 400].contains(&answer.status.as_u16()), "{}", answer.status);
        }
    }
    world.clock.advance_millis(30_000);
    let _ = world.drain_events().await;
    assert!(kept(&world).is_empty(), "{:?}", kept(&world));
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_registration_can_be_retried_or_purged() {
    let _alone = ALONE.lock().await;
    let world = World::new().await;
    let ours = world.server_key();
    let mut ended = 0;
    for round in 0..32 {
        let waits = round / 4;
        let id = text(&ours.open(&minimal_conversation()).await, "id");
        let body = uploaded(&world, &id).await;
        ended += usize::from(interrupt_after(Some(waits), ours.post("/api/v1/files", &body)).await.is_none());
        world.assert_sound().await;
        if round % 2 == 0 {
            let again = ours.post("/api/v1/files", &body).await.expect(200);
            assert_eq!(again["file"]["status"], "ready");
        } else {
            let _ = ours.ask(Method::DELETE, &format!("/api/v1/conversations/{id}")).send().await.expect(204);
        }
    }
    assert!(ended > 7, "only {ended} were ended");
    world.clock.advance_millis(30_000);
    let _ = world.drain_events().await;
    assert_eq!(kept(&world).len(), 16, "{:?}", kept(&world));
    world.assert_settled().await;
}
