use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use deskless_domain::{Clock, IdentitySecret};
use deskless_store::Operator;
use deskless_tests::{Faults, World};
use http::Method;
use ring::hmac;
use serde_json::{Value, json};

use super::{PATH, opening, world};

/// Builds a token from its parts.
pub fn forge(header: &Value, claims: &Value, algorithm: hmac::Algorithm, key: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

fn header(secret: &IdentitySecret) -> Value {
    json!({ "alg": "HS256", "typ": "JWT", "kid": secret.id })
}

fn claims(world: &World) -> Value {
    let now = world.clock.now().as_seconds();
    json!({ "sub": "cus_ada", "aud": world.workspace, "iat": now, "exp": now + 3600 })
}

async fn status(world: &World, token: &str) -> u16 {
    let answer = world.client_key().on_behalf_of(token).get(PATH).await;
    if answer.status == 401 {
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let _ = answer.clone().expect_problem(401, "unauthorized");
    }
    answer.status.as_u16()
}

#[tokio::test]
async fn token_times_have_60_seconds_leeway() {
    let (world, secret) = world().await;
    let day = 24 * 3600;
    for (change, expected) in [
        (json!({}), 200),
        (json!({ "aud": ["another", world.workspace] }), 200),
        (json!({ "aud": world.other }), 401),
        (json!({ "aud": ["another"] }), 401),
        (json!({ "aud": null }), 401),
        (json!({ "sub": null }), 401),
        (json!({ "sub": "" }), 401),
        (json!({ "sub": "a b" }), 401),
        (json!({ "sub": 7 }), 401),
        (json!({ "iat": null }), 401),
        (json!({ "exp": null }), 401),
        (json!({ "exp": "soon" }), 401),
        // Each request advances the clock by a second.
        (json!({ "iat": -100, "exp": -58 }), 200),
        (json!({ "iat": -100, "exp": -59 }), 401),
        (json!({ "iat": 61 }), 200),
        (json!({ "iat": 62 }), 401),
        (json!({ "nbf": 61 }), 200),
        (json!({ "nbf": 62 }), 401),
        (json!({ "exp": day }), 200),
        (json!({ "exp": day + 1 }), 401),
        (json!({ "iat": 10, "exp": 10 }), 401),
        (json!({ "exp": i64::MAX }), 401),
        (json!({ "iat": i64::MIN }), 401),
    ] {
        let now = world.clock.now().as_seconds();
        let mut all = claims(&world);
        for (name, value) in change.as_object().expect("an object") {
            let is_time = ["iat", "exp", "nbf"].contains(&name.as_str());
            match value.as_i64().filter(|_| is_time) {
                Some(time) if (-1_000_000..1_000_000).contains(&time) => all[name] = json!(now + time),
                _ if value.is_null() => drop(all.as_object_mut().expect("an object").remove(name)),
                _ => all[name] = value.clone(),
            }
        }
        let token = forge(&header(&secret), &all, hmac::HMAC_SHA256, secret.reveal());
        assert_eq!(status(&world, &token).await, expected, "{change}");
    }
}

#[tokio::test]
async fn only_hs256_with_known_secret_is_accepted() {
    let (world, secret) = world().await;
    let all = claims(&world);
    let good = forge(&header(&secret), &all, hmac::HMAC_SHA256, secret.reveal());
    assert_eq!(status(&world, &good).await, 200);
    let changed = |name: &str, value: Value| {
        let mut header = header(&secret);
        header[name] = value;
        header
    };
    let other = IdentitySecret::generate(&*world.clock);
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut eve = all.clone();
    eve["sub"] = json!("cus_eve");
    let (head, _) = message.split_once('.').expect("a header");
    for bad in [
        // `alg: none`, with and without a signature.
        format!("{}.{}.", encode(&json!({ "alg": "none", "kid": secret.id })), encode(&all)),
        format!("{}.{}.{signature}", encode(&json!({ "alg": "none", "kid": secret.id })), encode(&all)),
        format!("{}.{}", encode(&json!({ "alg": "none" })), encode(&all)),
        forge(&changed("alg", json!("None")), &all, hmac::HMAC_SHA256, secret.reveal()),
        forge(&changed("alg", json!("HS384")), &all, hmac::HMAC_SHA384, secret.reveal()),
        forge(&changed("alg", json!("HS512")), &all, hmac::HMAC_SHA512, secret.reveal()),
        forge(&changed("alg", json!("RS256")), &all, hmac::HMAC_SHA256, secret.reveal()),
        forge(&changed("kid", json!(other.id)), &all, hmac::HMAC_SHA256, secret.reveal()),
        forge(&changed("kid", Value::Null), &all, hmac::HMAC_SHA256, secret.reveal()),
        forge(&changed("kid", json!("../A")), &all, hmac::HMAC_SHA256, secret.reveal()),
        forge(&changed("crit", json!(["exp"])), &all, hmac::HMAC_SHA256, secret.reveal()),
        forge(&header(&secret), &all, hmac::HMAC_SHA256, other.reveal()),
        forge(&header(&secret), &all, hmac::HMAC_SHA256, ""),
        // Another customer's claims with an original signature.
        format!("{head}.{}.{signature}", encode(&eve)),
        format!("{message}."),
        message.to_owned(),
        format!("{good}x"),
        format!("{good}.{signature}"),
        good[..good.len() - 2].to_owned(),
        String::new(),
        "x".to_owned(),
        "..".to_owned(),
        "x".repeat(5000),
    ] {
        assert_eq!(status(&world, &bad).await, 401, "{bad}");
    }
    let twice = world.client_key().ask(Method::GET, PATH).header("x-customer-token", &good);
    let _ = twice.append_header("x-customer-token", &good).send().await.expect_problem(401, "unauthorized");
    let opening = world.client_key().on_behalf_of("x").post(PATH, &opening()).await;
    let _ = opening.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn altered_token_is_refused() {
    let (world, secret) = world().await;
    let good = world.token(&secret, "cus_ada");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad.replace_range(at..=at, if &good[at..=at] == "A" { "B" } else { "A" });
        let answer = world.client_key().on_behalf_of(&bad).ask(Method::GET, PATH).send_now().await;
        let _ = answer.expect_problem(401, "unauthorized");
    }
    assert_eq!(status(&world, &good).await, 200);
}

#[tokio::test]
async fn broken_signature_is_not_blamed_on_claims() {
    let (world, secret) = world().await;
    let good = world.token(&secret, "cus_ada");
    let signed = &good[..=good.rfind('.').expect("a signature")];
    let signature = &good[signed.len()..];
    let (half, _) = signature.split_at(signature.len() / 2);
    for broken in ["", "!", "A", "====", half, &format!("{signature}="), &format!("{signature}A"), &"A".repeat(43)] {
        let ask = world.client_key().on_behalf_of(&format!("{signed}{broken}")).ask(Method::GET, PATH);
        let problem = ask.send_now().await.expect_problem(401, "unauthorized");
        let error = "The customer token's signature is invalid. Sign it with the secret that `kid` names.";
        assert_eq!(problem["error"], error, "{broken:?}");
    }
    for parts in ["", "a", "a.b", "a.b.c.d", "ä"] {
        let ask = world.client_key().on_behalf_of(parts).ask(Method::GET, PATH);
        let problem = ask.send_now().await.expect_problem(401, "unauthorized");
        let error = problem["error"].as_str().unwrap_or_default();
        assert!(error.starts_with("The `X-Customer-Token` header must be a JWT"), "{parts:?}: {error}");
    }
}

#[tokio::test]
async fn previous_secret_is_valid_for_24_hours() {
    let (world, old) = world().await;
    let sign = |secret: &IdentitySecret| world.token(secret, "cus_ada");
    assert_eq!(status(&world, &sign(&old)).await, 200);
    let new = world.rotate_identity().await;
    assert_eq!(status(&world, &sign(&new)).await, 200, "a new secret is valid at once");
    assert_eq!(status(&world, &sign(&old)).await, 200);
    world.clock.advance_millis(24 * 3_600_000 - 10_000);
    assert_eq!(status(&world, &sign(&old)).await, 200);
    world.clock.advance_millis(10_000);
    assert_eq!(status(&world, &sign(&old)).await, 401);
    assert_eq!(status(&world, &sign(&new)).await, 200);
    let newer = world.rotate_identity().await;
    let newest = world.rotate_identity().await;
    world.clock.advance_millis(20_000);
    assert_eq!(status(&world, &sign(&new)).await, 401, "only two secrets are valid");
    assert_eq!(status(&world, &sign(&newer)).await, 200);
    assert_eq!(status(&world, &sign(&newest)).await, 200);
}

#[tokio::test]
async fn secret_lookups_are_cached_and_throttled() {
    let world = World::behind_proxy(Faults::default()).await;
    let secret = world.rotate_identity().await;
    let reads = async |token: &str| {
        let _ = world.client_key().on_behalf_of(token).ask(Method::GET, PATH).send_now().await;
        world.proxy().take_meter().operations.iter().filter(|operation| *operation == "GetItem").count()
    };
    let good = world.token(&secret, "cus_ada");
    assert_eq!(reads(&good).await, 4, "the key, the workspace, the secrets and the data key");
    assert_eq!(reads(&good).await, 0);
    let invented = world.token(&IdentitySecret::generate(&*world.clock), "cus_ada");
    assert_eq!(reads(&invented).await, 0);
    world.clock.advance_millis(1000);
    assert_eq!(reads(&invented).await, 1);
    assert_eq!(reads(&invented).await, 0);
}

#[tokio::test]
async fn new_secret_is_cached_at_once() {
    let world = World::new().await;
    let list = async |token: &str| world.client_key().on_behalf_of(token).ask(Method::GET, PATH).send_now().await;
    let nobodys = IdentitySecret::generate(&*world.clock);
    let _ = list(&world.token(&nobodys, "cus_ada")).await.expect_problem(401, "unauthorized");
    let operator = Operator::new(world.store.clone());
    let tenant = operator.workspace(world.workspace).await.expect("our workspace");
    let secret = tenant.rotate_identity().await.expect("a secret is made");
    let _ = list(&world.token(&secret, "cus_ada")).await.expect(200);
}

#[tokio::test]
async fn workspace_without_secret_accepts_no_token() {
    let world = World::new().await;
    let secret = IdentitySecret::generate(&*world.clock);
    assert_eq!(status(&world, &world.token(&secret, "cus_ada")).await, 401);
}
