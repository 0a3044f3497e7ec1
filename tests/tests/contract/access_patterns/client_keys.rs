//! The cost of requests with client keys, and of their authentication.

use std::collections::BTreeMap;

use deskless_tests::{Meter, Role};
use http::Method;
use serde_json::{Value, json};

use super::fixture::{Fixture, PATH};

/// Measures a customer's requests, and their authentication.
pub async fn measure(large: bool, costs: &mut BTreeMap<String, Meter>) {
    let fixture = Fixture::new(large).await;
    let world = &fixture.world;
    let secret = world.rotate_identity().await;
    let browser = world.client_key().on_behalf_of(&world.token(&secret, "cus_123"));
    let cost = async |role: &Role<'_>, method: Method, path: &str, body: Option<&Value>| {
        let _ = world.proxy().take_meter();
        world.clock.advance_millis(1);
        let ask = role.ask(method, path);
        let answer = if let Some(body) = body { ask.json(body).send_now().await } else { ask.send_now().await };
        assert!(answer.status.is_success(), "{path}: {:?}", answer.bytes);
        world.proxy().take_meter()
    };
    // The lookups of the key, of the secrets and of the data key that decrypts them, and the list itself, one after the other.
    let cold = cost(&browser, Method::GET, PATH, None).await;
    let list = cost(&browser, Method::GET, PATH, None).await;
    // The data key is still cached. The workspace is looked up besides the key.
    world.clock.advance_millis(20_000);
    let first = cost(&browser, Method::GET, PATH, None).await;
    let secrets =
        Meter { trips: first.trips - list.trips - 2, reads: first.reads - list.reads - 2.0, ..Meter::default() };
    let trips = cold.trips - list.trips - 1 - secrets.trips;
    let reads = cold.reads - list.reads - 1.0 - secrets.reads;
    costs.insert("AP-51".to_owned(), secrets);
    costs.insert("AP-120".to_owned(), Meter { trips, reads, ..Meter::default() });

    let mut said = json!({ "subject": "Need help with auth" });
    let opened = cost(&browser, Method::POST, PATH, Some(&said)).await;
    assert!(opened.writes > 4.0, "the customer record is created");
    said["customer"] = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    costs.insert("AP-54".to_owned(), cost(&browser, Method::POST, PATH, Some(&said)).await);
    world.clock.advance_millis(20_000);
    let _ = cost(&world.server_key(), Method::GET, "/api/v1/openapi.json", None).await;
    let first = cost(&world.client_key(), Method::POST, PATH, Some(&said)).await;
    let stranger = cost(&world.client_key(), Method::POST, PATH, Some(&said)).await;
    let more = Meter {
        // The lookups of the key, of its workspace and of the data key are separate trips.
        trips: first.trips - stranger.trips - 3,
        reads: first.reads - stranger.reads - 3.0,
        writes: first.writes - stranger.writes,
        ..Meter::default()
    };
    costs.insert("AP-52".to_owned(), more);
    costs.insert("AP-54 stranger".to_owned(), stranger);

    let other = world.client_key().on_behalf_of(&world.token(&secret, "cus_list"));
    let mut path = String::new();
    for _ in 0..21 {
        let answer = other.post(PATH, &json!({ "subject": "Need help with auth" })).await.expect(201);
        path = format!("{PATH}/{}/messages", answer["conversation"]["id"].as_str().expect("an id"));
    }
    let _ = other.get(PATH).await.expect(200);
    costs.insert("AP-53".to_owned(), cost(&other, Method::GET, PATH, None).await);
    costs.insert("AP-55".to_owned(), cost(&other, Method::GET, &path, None).await);
    // A process takes its first lease in a minute for its sixth request.
    world.clock.advance_millis(60_000);
    let mut leases = 0.0;
    for _ in 0..6 {
        leases += cost(&world.server_key(), Method::GET, PATH, None).await.leases;
    }
    costs.insert("AP-50".to_owned(), Meter { trips: 1, writes: leases, ..Meter::default() });
}
