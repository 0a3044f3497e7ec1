//! The local servers emulate the gateway's CORS configuration. Both must match.

use std::collections::BTreeSet;

use deskless_tests::World;
use http::Method;

use super::template;

fn list(value: &serde_json::Value) -> BTreeSet<String> {
    value.as_array().expect("a list").iter().map(|v| v.as_str().expect("text").to_lowercase()).collect()
}

fn header(answer: &deskless_tests::TestResponse, name: &str) -> BTreeSet<String> {
    answer.header(name).expect(name).split(',').map(|part| part.trim().to_lowercase()).collect()
}

#[tokio::test]
async fn local_cors_matches_gateway() {
    let cors = &template::parse()["Resources"]["Api"]["Properties"]["CorsConfiguration"];
    let world = World::new().await;
    let preflight = world
        .anon()
        .ask(Method::OPTIONS, "/api/v1/conversations")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "GET")
        .skip_validation()
        .send()
        .await;
    let actual =
        world.anon().ask(Method::GET, "/api/v1/openapi.json").header("origin", "https://a.example").send().await;
    assert_eq!(header(&preflight, "access-control-allow-headers"), list(&cors["AllowHeaders"]));
    assert_eq!(header(&actual, "access-control-expose-headers"), list(&cors["ExposeHeaders"]));
    assert_eq!(header(&actual, "access-control-allow-origin"), list(&cors["AllowOrigins"]));
    assert_eq!(preflight.header("access-control-max-age"), Some(cors["MaxAge"].to_string().as_str()));
    assert_eq!(cors["AllowCredentials"], false);
    assert_eq!(preflight.header("access-control-allow-credentials"), None);
}
