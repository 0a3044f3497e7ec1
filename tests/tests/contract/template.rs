//! `template.yaml` as the tests read it.

use std::collections::BTreeSet;

use deskless_infra::template::TEXT;
use serde_json::Value;

/// The whole template; what CloudFormation would compute is left as the text of its tag.
pub fn parse() -> Value {
    let yaml: serde_norway::Value = serde_norway::from_str(TEXT).expect("template.yaml is YAML");
    plain(yaml)
}

fn plain(yaml: serde_norway::Value) -> Value {
    use serde_norway::Value as Yaml;
    match yaml {
        Yaml::Mapping(map) => {
            map.into_iter().map(|(k, v)| (k.as_str().expect("keys are text").to_owned(), plain(v))).collect()
        }
        Yaml::Sequence(list) => list.into_iter().map(plain).collect(),
        Yaml::Tagged(tagged) => plain(tagged.value),
        other => serde_json::to_value(other).expect("a scalar"),
    }
}

/// What one function says of itself.
#[derive(Debug)]
pub struct Function {
    /// The binary's name.
    pub binary: String,
    /// Path and method of each event; a `$default` route has none.
    pub events: Vec<(Option<String>, Option<String>)>,
    /// What its policies allow: actions on the table and the bucket and, behind a slash, on an index, on the objects
    /// below a prefix or on another function.
    pub permissions: BTreeSet<String>,
}

/// All functions of the template.
pub fn functions() -> Vec<Function> {
    let template = parse();
    let resources = template["Resources"].as_object().expect("resources").clone();
    let functions = resources.iter().filter(|(_, r)| r["Type"] == "AWS::Serverless::Function");
    functions
        .map(|(id, resource)| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let events = resource["Properties"]["Events"].as_object().cloned().unwrap_or_default();
            let mut statements =
                resource["Properties"]["Policies"][0]["Statement"].as_array().cloned().unwrap_or_default();
            statements.extend(attached(&resources, id));
            Function {
                binary: text(&resource["Metadata"]["BuildProperties"]["Binary"]).expect("a binary"),
                // What no route calls has other events.
                events: events
                    .values()
                    .filter(|event| event["Type"] == "HttpApi")
                    .map(|event| (text(&event["Properties"]["Path"]), text(&event["Properties"]["Method"])))
                    .collect(),
                permissions: statements.iter().flat_map(permissions).collect(),
            }
        })
        .collect()
}

/// The statements of the policies that are resources of their own and name the role of this function.
fn attached(resources: &serde_json::Map<String, Value>, function: &str) -> Vec<Value> {
    let role = Value::from(format!("{function}Role"));
    let policies = resources.values().filter(|resource| resource["Type"] == "AWS::IAM::Policy");
    let own = policies.filter(|policy| policy["Properties"]["Roles"].as_array().is_some_and(|all| all.contains(&role)));
    own.flat_map(|policy| policy["Properties"]["PolicyDocument"]["Statement"].as_array().cloned().unwrap_or_default())
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::String(one) => vec![one.clone()],
        other => panic!("{other} is no text"),
    }
}

/// Each action of a statement on each of its resources.
fn permissions(statement: &Value) -> Vec<String> {
    let mut resources = texts(&statement["Resource"]);
    if resources[0] == "MakeSecretsKey" {
        // Whichever key it is.
        resources.truncate(1);
    }
    let places = resources.iter().filter(|resource| !resource.contains("FailedEventsBucket"));
    let places = places.map(|resource| match resource.rsplit_once("/index/") {
        Some((_, index)) => format!("/{index}"),
        None if ["Table.Arn", "FilesBucket.Arn", "MakeSecretsKey"].contains(&resource.as_str()) => String::new(),
        None if resource.contains("${FilesBucket.Arn}/") => {
            format!("/{}", resource.trim_end_matches("/*").rsplit('/').next().unwrap_or_default())
        }
        None if resource == "DeliveriesFunction.Alias" => "/deliveries".to_owned(),
        None => {
            panic!("{resource} is neither the table nor one of its indexes, and not the bucket, the key or a function")
        }
    });
    places.flat_map(|place| texts(&statement["Action"]).into_iter().map(move |action| action + &place)).collect()
}
