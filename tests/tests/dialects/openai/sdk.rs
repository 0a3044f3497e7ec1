use deskless_tests::World;

use crate::sdk::{node, python};

#[tokio::test(flavor = "multi_thread")]
async fn node_sdk_works() {
    let world = World::new().await;
    node(&world, "openai", "flow.mjs").await;
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_sdk_works() {
    let world = World::new().await;
    python(&world, "openai", "flow.py").await;
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_session_works() {
    let world = World::new().await;
    node(&world, "openai", "agents.mjs").await;
    world.assert_sound().await;
}
