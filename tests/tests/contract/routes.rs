use std::collections::{BTreeMap, BTreeSet};

use deskless_infra::{
    routes::{functions, of_router},
    template::{TEXT, WATCH, generate},
};
use deskless_tests::Specification;

use super::template;

type Routes = BTreeMap<String, BTreeSet<String>>;

fn of_the_template() -> Routes {
    let paths = |f: &template::Function| f.events.iter().filter_map(|(path, _)| path.clone()).collect();
    let routed = template::functions().into_iter().filter(|f| !f.events.is_empty());
    routed.map(|f| (f.binary.clone(), paths(&f))).collect()
}

fn of_the_routers() -> Routes {
    let functions = functions().into_iter();
    functions.map(|function| (function.name.to_owned(), function.paths.into_iter().collect())).collect()
}

#[test]
fn committed_files_are_up_to_date() {
    for (path, fresh) in generate().expect("consistent sources") {
        let committed = if path == "template.yaml" { TEXT } else { WATCH };
        assert!(committed == fresh, "{path} is stale. Run `make template` and commit the result.");
    }
}

#[test]
fn the_template_has_the_routers_paths() {
    assert_eq!(of_the_template(), of_the_routers());
}

#[test]
fn cargo_lambda_watch_serves_the_same_paths() {
    let config: toml::Value = toml::from_str(WATCH).expect("TOML");
    let mut served = Routes::new();
    for (path, function) in config["watch"]["router"].as_table().expect("a table") {
        served.entry(function.as_str().expect("a name").to_owned()).or_default().insert(path.clone());
    }
    let of_routers = |paths: BTreeSet<String>| paths.iter().map(|path| of_router(path)).collect();
    let expected: Routes = of_the_template().into_iter().map(|(name, paths)| (name, of_routers(paths))).collect();
    assert_eq!(served, expected);
}

#[test]
fn the_description_has_the_same_paths() {
    let described: BTreeSet<_> = Specification::committed().operations().into_iter().map(|(path, _)| path).collect();
    // The pages for people, such as `/docs`, are not in it.
    let routed = of_the_template().into_values().flatten().filter(|path| path.starts_with("/api/"));
    assert_eq!(described, routed.collect());
}

#[test]
fn each_path_takes_any_method_and_one_function_takes_the_rest() {
    let events: Vec<_> = template::functions().into_iter().flat_map(|f| f.events).collect();
    for (path, method) in events.iter().filter(|(path, _)| path.is_some()) {
        assert_eq!(method.as_deref(), Some("ANY"), "{path:?}");
        let path = path.as_deref().unwrap_or_default();
        // Only dialects have proxy paths, one each.
        assert_eq!(path.contains('+'), path.starts_with("/dialects/"), "{path}");
    }
    assert_eq!(events.iter().filter(|(path, _)| path.is_none()).count(), 1, "one $default route");
}
