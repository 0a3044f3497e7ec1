//! `docs/security.md` names files and tests that exist.

use std::{fs, path::Path};

const SECURITY: &str = include_str!("../../../docs/security.md");

/// Returns the texts between two delimiters.
fn between<'t>(text: &'t str, start: &'t str, end: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split_once(end).map(|(inner, _)| inner))
}

#[test]
fn named_files_and_tests_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut tests = 0;
    for line in SECURITY.lines() {
        let links = between(line, "](", ")").filter_map(|link| link.split('#').next()).filter(|link| !link.is_empty());
        let mut code = String::new();
        for link in links {
            let text = fs::read_to_string(folder.join(link)).unwrap_or_else(|e| panic!("{link}: {e}"));
            if Path::new(link).extension().is_some_and(|extension| extension == "rs") {
                code.push_str(&text);
            }
        }
        if code.is_empty() {
            continue;
        }
        let is_test = |name: &&str| {
            name.matches('_').count() >= 2
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        for name in line.split('`').skip(1).step_by(2).filter(is_test) {
            assert!(code.contains(&format!("fn {name}(")), "no file of this line has the test {name}");
            tests += 1;
        }
    }
    assert!(tests >= 25, "{tests} tests are named");
}
