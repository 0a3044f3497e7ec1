//! The cost of what is due at a time.

use std::collections::BTreeMap;

use deskless_domain::{Clock, ConversationId};
use deskless_tests::Meter;
use http::Method;
use serde_json::json;

use super::fixture::Fixture;

/// Measures a snooze, and sweeps.
pub async fn measure(large: bool, costs: &mut BTreeMap<String, Meter>) {
    let fixture = Fixture::new(large).await;
    let world = &fixture.world;
    let path = fixture.open().await;
    let body = json!({ "snoozedUntil": world.clock.now().plus_seconds(10).to_string() });
    costs.insert("AP-11 snooze".to_owned(), fixture.cost(Method::PATCH, &path, None, Some(&body)).await);
    let _ = world.proxy().take_meter();
    assert_eq!(world.run_timers().await.found, 0);
    costs.insert("AP-180".to_owned(), world.proxy().take_meter());
    world.clock.advance_millis(10_000);
    let id = ConversationId::parse(path.rsplit('/').next().expect("an id")).expect("an id");
    let tenant = world.function_tenant().await;
    let _ = world.proxy().take_meter();
    assert!(tenant.end_snooze(id).await.expect("a response"));
    costs.insert("AP-181".to_owned(), world.proxy().take_meter());
}
