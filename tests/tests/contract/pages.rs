//! The pages for people: the landing page and the API reference.

use std::{io::Read, path::Path};

use data_encoding::HEXLOWER;
use deskless_tests::{TestResponse, World};
use flate2::read::GzDecoder;
use http::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

async fn get(world: &World, path: &str, accept: &str) -> TestResponse {
    world.anon().ask(Method::GET, path).header("accept", accept).skip_validation().send().await
}

fn text(answer: &TestResponse) -> String {
    String::from_utf8(answer.bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn landing_page_links_the_reference_and_documents() {
    let world = World::new().await;
    for accept in ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*"] {
        let page = get(&world, "/", accept).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        for path in ["/docs", "/api/v1/openapi.json", "/api/v1/openapi-client.json"] {
            assert!(text(&page).contains(&format!("href=\"{path}\"")), "{path} is not linked");
            assert_eq!(get(&world, path, "*/*").await.status, 200);
        }
    }
    let page = get(&world, "/", "application/json").await.expect(200);
    assert_eq!((&page["reference"], &page["openapi"]), (&json!("/docs"), &json!("/api/v1/openapi.json")));
}

#[tokio::test]
async fn pages_load_nothing_from_other_servers() {
    let world = World::new().await;
    for path in ["/", "/docs"] {
        let page = get(&world, path, "text/html").await;
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert!(page.header("etag").is_some());
        let sources = text(&page);
        assert!(!sources.contains("//"), "{path} names another server: {sources}");
        for script in sources.split("src=\"").skip(1) {
            let script = script.split('"').next().expect("a closing quote");
            let loaded = get(&world, script, "*/*").await;
            let kind = loaded.header("content-type");
            assert_eq!((loaded.status.as_u16(), kind), (200, Some("text/javascript; charset=utf-8")), "{script}");
            assert_eq!(loaded.header("x-content-type-options"), Some("nosniff"));
        }
    }
    let _ = get(&world, "/docs/unknown.js", "*/*").await.expect_problem(404, "not_found");
}

/// `make reference` writes the file and its checksum.
#[test]
fn embedded_reference_has_the_pinned_checksum() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/discovery/assets");
    let packed = std::fs::read(folder.join("scalar.js.gz")).expect("the file");
    let mut script = Vec::new();
    let _ = GzDecoder::new(&*packed).read_to_end(&mut script).expect("gzip");
    let pinned = std::fs::read_to_string(folder.join("scalar.sha256")).expect("the checksum");
    let digest = HEXLOWER.encode(&Sha256::digest(&script));
    assert_eq!(pinned.split_whitespace().next(), Some(digest.as_str()));
}
