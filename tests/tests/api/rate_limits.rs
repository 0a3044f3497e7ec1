//! Rate limits of keys: exact in one process, approximate across several.

use std::time::Duration;

use deskless_domain::{Clock, KeyKind, RateLimit};
use deskless_tests::{Faults, KeyOptions, Machine, Role, TestClock, World, minimal_conversation, packed};
use http::Method;
use serde_json::json;

const PATH: &str = "/api/v1/conversations";
/// Reads nothing but the key: the route exists, and the ID is malformed.
const CHEAP: &str = "/api/v1/conversations/x";

fn limited(requests: u32) -> KeyOptions {
    KeyOptions { rate_limit: Some(RateLimit::new(requests).expect("a limit")), ..KeyOptions::default() }
}

/// Sends a request and returns whether it was allowed.
async fn passes(role: &Role<'_>) -> bool {
    role.ask(Method::GET, CHEAP).skip_validation().send_now().await.status != 429
}

/// Sends this many requests in turns and returns how many were allowed.
async fn admitted(roles: &[Role<'_>], requests: usize) -> usize {
    let mut admitted = 0;
    for i in 0..requests {
        admitted += usize::from(passes(&roles[i % roles.len()]).await);
    }
    admitted
}

#[tokio::test]
async fn every_response_has_rate_limit_headers() {
    let world = World::new().await;
    let key = world.make_key(limited(100)).await;
    let holder = world.with_key(&key);
    let answer = holder.ask(Method::GET, PATH).send_now().await;
    assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=100;w=60"));
    assert_eq!(answer.header("ratelimit"), Some("\"default\";r=99;t=60"));
    world.clock.advance_millis(20_500);
    let problem = holder.ask(Method::GET, CHEAP).send_now().await;
    assert_eq!(problem.header("ratelimit"), Some("\"default\";r=98;t=40"), "error responses count and have the header");
    let unlimited = world.make_key(KeyOptions { rate_limit: None, ..KeyOptions::default() }).await;
    let answer = world.with_key(&unlimited).get(PATH).await;
    assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=6000;w=60"));
    let nobody = world.anon().get(PATH).await;
    assert_eq!(nobody.header("ratelimit"), None);
}

#[tokio::test]
async fn exceeding_limit_is_429_until_next_minute() {
    let world = World::new().await;
    for limit in [1, 2, 7, 100] {
        let key = world.make_key(limited(limit)).await;
        let holder = world.with_key(&key);
        world.clock.advance_millis(60_000 - world.clock.now().as_millis() % 60_000);
        assert_eq!(admitted(std::slice::from_ref(&holder), limit as usize + 5).await, limit as usize);
        world.clock.advance_millis(48_700);
        let answer = holder.ask(Method::POST, PATH).json(&minimal_conversation()).send_now().await;
        assert_eq!(answer.header("retry-after"), Some("12"));
        assert_eq!(answer.header("ratelimit"), Some("\"default\";r=0;t=12"));
        let _ = answer.expect_problem(429, "rate_limited");
        world.clock.advance_millis(11_299);
        assert!(!passes(&holder).await);
        world.clock.advance_millis(1);
        assert!(passes(&holder).await);
    }
    assert_eq!(world.server_key().get(PATH).await.expect(200)["conversations"], json!([]), "nothing was done");
    world.assert_sound().await;
}

#[tokio::test]
async fn each_key_has_its_own_limit() {
    let world = World::new().await;
    let (one, two) = (world.make_key(limited(3)).await, world.make_key(limited(3)).await);
    assert_eq!(admitted(&[world.with_key(&one)], 5).await, 3);
    assert_eq!(admitted(&[world.with_key(&two)], 5).await, 3);
}

/// Returns this many processes over the world's table, with clocks set to the world's time.
fn machines(world: &World, count: u64) -> Vec<Machine> {
    let now = world.clock.now().as_millis();
    let clock = |seed| {
        let clock = TestClock::new(seed);
        clock.advance_millis(now - clock.now().as_millis());
        clock
    };
    (0..count).map(|seed| world.machine(clock(1000 + seed))).collect()
}

#[tokio::test]
async fn limit_holds_across_instances_with_few_writes() {
    for (limit, count, most) in [(2_000, 4, 0.05), (6_000, 10, 0.04)] {
        let world = World::behind_proxy(Faults::default()).await;
        let key = world.make_key(limited(limit)).await;
        let machines = machines(&world, count);
        let holders: Vec<_> = machines.iter().map(|machine| world.with_key(&key).at(machine)).collect();
        let _ = world.proxy().take_meter();
        let wanted = limit as usize;
        let within = admitted(&holders, wanted * 9 / 10).await;
        assert_eq!(within, wanted * 9 / 10, "no request is refused early");
        let leases = world.proxy().take_meter().leases;
        let share = leases / f64::from(u32::try_from(within).expect("a few thousand"));
        println!("{limit} a minute on {count} machines: {share:.4} writes a request");
        assert!(share < most, "{share} writes per request");
        let all = within + admitted(&holders, wanted / 5).await;
        println!("{limit} a minute on {count} machines: {all} were let through");
        assert!((wanted * 9 / 10..=wanted).contains(&all), "{all} of {limit}");
    }
}

#[tokio::test]
async fn limit_holds_for_concurrent_requests() {
    let world = World::behind_proxy(Faults { delay: Duration::from_millis(5), ..Faults::default() }).await;
    let key = world.make_key(limited(200)).await;
    let machines = machines(&world, 2);
    let holders: Vec<_> = machines.iter().map(|machine| world.with_key(&key).at(machine)).collect();
    // Caches the key in both processes, so that the concurrent requests below do not look it up.
    assert_eq!(admitted(&holders, 2).await, 2);
    let all = futures_util::future::join_all((0..300).map(|i| passes(&holders[i % 2]))).await;
    let admitted = 2 + all.into_iter().filter(|passed| *passed).count();
    assert!((180..=200).contains(&admitted), "{admitted} of 200");
    // A lease covers three requests here, and no request is leased twice.
    assert!(world.proxy().take_meter().leases <= 70.0);
}

#[tokio::test]
async fn counter_outage_allows_all_requests() {
    let world = World::behind_proxy(Faults::default()).await;
    let key = world.make_key(limited(5)).await;
    let holder = world.with_key(&key);
    assert!(passes(&holder).await);
    world.proxy().set_faults(Faults { errors_before_percent: 100, ..Faults::default() });
    for _ in 0..10 {
        let answer = holder.ask(Method::GET, CHEAP).send_now().await;
        let _ = answer.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn one_visitor_cannot_exhaust_client_key() {
    let world = World::new().await;
    let secret = world.rotate_identity().await;
    let key = world.make_key(KeyOptions { kind: KeyKind::Client, ..limited(100) }).await;
    let visitor = |customer: &str| world.with_key(&key).on_behalf_of(&world.token(&secret, customer));
    let ask = async |role: &Role<'_>| role.ask(Method::GET, PATH).send_now().await;
    let eve = visitor("cus_eve");
    let answer = ask(&eve).await;
    assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=100;w=60, \"customer\";q=10;w=60"));
    assert_eq!(answer.header("ratelimit"), Some("\"default\";r=99;t=60, \"customer\";r=9;t=60"));
    for _ in 0..9 {
        let _ = ask(&eve).await.expect(200);
    }
    for _ in 0..200 {
        let answer = ask(&eve).await;
        assert_eq!(answer.header("ratelimit"), Some("\"customer\";r=0;t=60"));
        assert_eq!(answer.header("retry-after"), Some("60"));
        let _ = answer.expect_problem(429, "rate_limited");
    }
    // Anonymous visitors share one bucket.
    let stranger = world.with_key(&key);
    let open = async || stranger.ask(Method::POST, PATH).json(&json!({ "subject": "a" })).send_now().await;
    for _ in 0..10 {
        let _ = open().await.expect(201);
    }
    let _ = open().await.expect_problem(429, "rate_limited");
    // The rest of the limit stays available to others.
    for i in 0..80 {
        let _ = ask(&visitor(&format!("cus_{i}"))).await.expect(200);
    }
    let last = ask(&visitor("cus_last")).await;
    assert_eq!(last.header("ratelimit"), Some("\"default\";r=0;t=60, \"customer\";r=9;t=60"));
    let _ = last.expect_problem(429, "rate_limited");
    world.assert_sound().await;
}

#[tokio::test]
async fn infrequent_visitor_costs_no_extra_write() {
    let world = World::behind_proxy(Faults::default()).await;
    let secret = world.rotate_identity().await;
    let _ = world.proxy().take_meter();
    for i in 0..20 {
        let visitor = world.client_key().on_behalf_of(&world.token(&secret, &format!("cus_{i}")));
        let _ = visitor.ask(Method::GET, PATH).send_now().await.expect(200);
    }
    assert!(world.proxy().take_meter().leases <= 1.0, "the key's");
}

#[tokio::test]
async fn little_traffic_costs_no_writes() {
    let world = World::behind_proxy(Faults::default()).await;
    let machines = machines(&world, 3);
    let key = world.make_key(limited(6_000)).await;
    let holders: Vec<_> = machines.iter().map(|machine| world.with_key(&key).at(machine)).collect();
    let _ = world.proxy().take_meter();
    assert_eq!(admitted(&holders, 15).await, 15);
    assert!(world.proxy().take_meter().leases.abs() < f64::EPSILON, "five requests of each process");
    assert_eq!(admitted(&holders, 15).await, 15);
    assert!((world.proxy().take_meter().leases - 3.0).abs() < f64::EPSILON, "one lease of each process");
    let answer = holders[2].ask(Method::GET, CHEAP).skip_validation().send_now().await;
    let left: u64 =
        answer.header("ratelimit").and_then(|h| h.split("r=").nth(1)?.split(';').next()?.parse().ok()).expect("r");
    // Three leases of 21 and the five requests before each of them are counted. 15 requests of the own lease are left.
    assert_eq!(left, 6_000 - 3 * 26 + 15, "the first requests count too");
}

/// The bound of docs/rate-limits.md: what processes without a lease grant comes on top of the limit.
#[tokio::test]
async fn processes_without_lease_exceed_limit_by_their_few_requests() {
    let world = World::behind_proxy(Faults::default()).await;
    let key = world.make_key(limited(2_000)).await;
    let machines = machines(&world, 11);
    let holders: Vec<_> = machines.iter().map(|machine| world.with_key(&key).at(machine)).collect();
    let (idle, busy) = holders.split_at(10);
    // Two requests, a thousandth of the limit, of each process need no lease.
    assert_eq!(admitted(idle, 20).await, 20);
    let granted = admitted(busy, 2_100).await;
    assert_eq!(granted, 2_000, "the busy process gets the limit, and the others got 20 on top");
    // The next request of an idle process needs a lease, and nothing is left.
    assert_eq!(admitted(idle, 10).await, 0);
}

#[tokio::test]
async fn counters_expire() {
    let world = World::new().await;
    for _ in 0..6 {
        let _ = world.server_key().ask(Method::GET, PATH).send_now().await.expect(200);
    }
    let window = world.clock.now().as_seconds() / 60;
    let rows = world.all_rows().await;
    let row = rows.iter().find(|row| row.pk().contains("#R#")).expect("a bucket");
    assert_eq!(row.pk(), format!("{}#R#{}#{window}", world.prefix(), packed(world.key().key.id)));
    let end: i64 = row.get("expiresAt").and_then(|end| end.parse().ok()).expect("an end");
    assert!(end > (window + 1) * 60);
    assert!(end < (window + 10) * 60);
}

#[tokio::test]
async fn keys_of_a_workspace_share_its_limit() {
    let world = World::new().await;
    world.limit_workspace(RateLimit::new(10).expect("a limit")).await;
    let keys = [world.make_key(limited(8)).await, world.make_key(limited(8)).await];
    let holders = keys.each_ref().map(|key| world.with_key(key));
    world.clock.advance_millis(60_000 - world.clock.now().as_millis() % 60_000);
    assert_eq!(admitted(&holders, 16).await, 10);
    let refused = holders[0].ask(Method::GET, CHEAP).skip_validation().send_now().await;
    assert_eq!(refused.status, 429);
    let policy = refused.header("ratelimit-policy").expect("a policy").to_owned();
    assert!(policy.starts_with("\"workspace\";q=10") || policy.starts_with("\"default\";q=8"), "{policy}");
    assert!(passes(&world.other_workspace()).await, "another workspace has its own limit");
    world.clock.advance_millis(60_000);
    assert!(passes(&holders[0]).await);
}
