//! Secrets that are not encrypted, or not for the place where they are.

use serde_json::json;

use super::{CONVERSATIONS, Secrets, search::Log};

/// Sends a request that needs the identity secret, by a process that has cached nothing.
async fn status_of_request_with_token(secrets: &Secrets) -> u16 {
    let world = &secrets.world;
    world.clock.advance_millis(60_000);
    let browser = world.client_key().on_behalf_of(&world.token(&secrets.identity, "cus_123"));
    browser.get(CONVERSATIONS).await.status.as_u16()
}

#[tokio::test]
async fn plain_secret_in_the_table_is_an_error() {
    let log = Log::default();
    let _guard = log.capture();
    let secrets = Secrets::new().await;
    let sealed = secrets.workspace_row().await;
    let mut plain = sealed.clone();
    plain.0["identity"]["M"]["current"]["M"]["secret"] = json!({ "S": secrets.identity.reveal() });
    secrets.world.put(&plain).await;
    assert_eq!(status_of_request_with_token(&secrets).await, 500);
    let log = String::from_utf8(log.bytes()).expect("text");
    assert!(log.contains("a stored secret is not encrypted"), "the log says why: {log}");
    assert!(!log.contains(secrets.identity.reveal()));
    let failed = secrets.world.operator().start_secrets_rotation().await.expect("started").move_secrets().await;
    assert!(failed.expect_err("a plain secret").to_string().contains("is not encrypted"));
    secrets.world.put(&sealed).await;
    assert_eq!(status_of_request_with_token(&secrets).await, 200);
}

#[tokio::test]
async fn encrypted_secret_is_useless_in_another_place() {
    let secrets = Secrets::new().await;
    let world = &secrets.world;
    let row = secrets.workspace_row().await;
    let identity = &row.0["identity"]["M"]["current"]["M"];
    let mut swapped = row.clone();
    swapped.0["identity"]["M"]["current"]["M"]["secret"] = row.0["anonymousSecret"]["M"]["secret"].clone();
    world.put(&swapped).await;
    assert_eq!(status_of_request_with_token(&secrets).await, 500, "another field");
    world.put(&row).await;
    assert_eq!(status_of_request_with_token(&secrets).await, 200);

    // Our identity secret, in the other workspace.
    let other = world
        .rows()
        .await
        .into_iter()
        .find(|other| other.sk() == "A" && other.pk() != row.pk() && other.has("identity"));
    let mut other = other.expect("the other workspace");
    other.0["identity"]["M"]["current"] = json!({ "M": identity });
    world.put(&other).await;
    let tenant = world.operator().workspace(world.other).await.expect("the other workspace");
    world.clock.advance_millis(60_000);
    let refused = tenant.identity().await.expect_err("the secret of another workspace").to_string();
    assert!(refused.contains("belongs to another place"), "{refused}");
}
