//! The functions' part of the template: each function's fragments, filled in.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_norway::{
    Mapping, Value, from_str, from_value,
    value::{Tag, TaggedValue},
};

use super::fill::{Values, fill, merge};
use crate::{filter::Filter, routes, task::Task, worker::Worker};

/// A function, as the template needs it.
pub struct Function {
    /// The binary's name.
    pub name: String,
    /// The paths of its routes. Workers and tasks have none.
    pub paths: Vec<String>,
    /// The filter patterns of a worker's event source mapping.
    filters: Option<&'static [&'static str]>,
    /// Whether it is invoked by a schedule or by another function.
    is_task: bool,
    settings: Settings,
}

/// A function's entry in `infra/template/functions.yaml`, which documents the fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    description: String,
    #[serde(default)]
    table: Vec<String>,
    #[serde(default)]
    indexes: Vec<String>,
    #[serde(default)]
    statements: Vec<Value>,
    #[serde(default)]
    secrets: bool,
    #[serde(default)]
    properties: Mapping,
    #[serde(default)]
    resources: Value,
    delay: Option<String>,
}

/// `function.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Fragments {
    resources: Value,
    outputs: Value,
    route: Value,
    table: Value,
    indexes: Value,
    secrets: SecretsFragment,
}

/// What a function that decrypts secrets has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct SecretsFragment {
    environment: Value,
    statement: Value,
}

/// `worker.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct WorkerFragments {
    resources: Value,
    statements: Vec<Value>,
}

/// `task.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct TaskFragments {
    resources: Value,
}

/// Returns every function, in the order of `functions.yaml`.
///
/// # Errors
/// When `functions.yaml` does not name exactly the functions in the code.
pub fn all() -> Result<Vec<Function>> {
    let entries: Mapping = parse("functions.yaml", include_str!("../../template/functions.yaml"))?;
    let mut served: BTreeMap<_, _> =
        routes::functions().into_iter().map(|function| (function.name, function.paths)).collect();
    let mut workers: BTreeMap<_, _> = Worker::ALL.into_iter().map(|worker| (worker.name(), worker)).collect();
    let mut tasks: BTreeSet<_> = Task::ALL.into_iter().map(Task::name).collect();
    let mut functions = Vec::new();
    for (name, settings) in entries {
        let name: String = from_value(name).context("functions.yaml: a name must be a text")?;
        let settings: Settings = from_value(settings).with_context(|| format!("functions.yaml: {name}"))?;
        let paths = served.remove(name.as_str());
        let worker = workers.remove(name.as_str());
        let is_task = tasks.remove(name.as_str());
        ensure!(
            paths.is_some() || worker.is_some() || is_task,
            "functions.yaml has an entry `{name}`, and no such function exists"
        );
        ensure!(
            worker.is_some() == settings.delay.is_some(),
            "functions.yaml: {name}: workers, and only they, need a `delay`"
        );
        functions.push(Function {
            name,
            paths: paths.unwrap_or_default(),
            filters: worker.map(Worker::filters),
            is_task,
            settings,
        });
    }
    if let Some(name) = served.into_keys().chain(workers.into_keys()).chain(tasks).next() {
        bail!("functions.yaml has no entry `{name}`");
    }
    Ok(functions)
}

/// Returns the metric of each index in the alarm of throttled writes.
///
/// # Errors
/// When `throttles.yaml` and its values do not fit.
pub fn index_throttles(indexes: &[&str]) -> Result<Vec<Value>> {
    let metric: Value = parse("throttles.yaml", include_str!("../../template/throttles.yaml"))?;
    indexes.iter().map(|index| fill(&metric, &[("index", (*index).into())].into())).collect()
}

/// Returns the functions' resources and outputs.
///
/// # Errors
/// When a fragment and its values do not fit.
pub fn expand(functions: &[Function]) -> Result<(Mapping, Mapping)> {
    let fragments: Fragments = parse("function.yaml", include_str!("../../template/function.yaml"))?;
    let worker: WorkerFragments = parse("worker.yaml", include_str!("../../template/worker.yaml"))?;
    let task: TaskFragments = parse("task.yaml", include_str!("../../template/task.yaml"))?;
    let [mut resources, mut outputs] = [Mapping::new(), Mapping::new()];
    for function in functions {
        let values = function.values(&fragments, &worker)?;
        add(&mut resources, function.resources(&fragments, &worker, &task, &values)?)?;
        add(&mut outputs, fill(&fragments.outputs, &values)?)?;
    }
    Ok((resources, outputs))
}

impl Function {
    fn resources(
        &self,
        fragments: &Fragments,
        worker: &WorkerFragments,
        task: &TaskFragments,
        values: &Values,
    ) -> Result<Value> {
        let mut resources = fill(&fragments.resources, values)?;
        let properties = |properties| nested([&format!("{}Function", pascal(&self.name)), "Properties"], properties);
        if !self.settings.table.is_empty() {
            merge(&mut resources, properties(fill(&fragments.table, values)?));
        }
        if self.settings.secrets {
            let environment = fill(&fragments.secrets.environment, values)?;
            merge(&mut resources, properties(nested(["Environment"], environment)));
        }
        if self.filters.is_some() {
            merge(&mut resources, fill(&worker.resources, values)?);
        }
        if self.is_task {
            merge(&mut resources, fill(&task.resources, values)?);
        }
        merge(&mut resources, properties(self.settings.properties.clone().into()));
        if self.settings.resources.is_mapping() {
            merge(&mut resources, fill(&self.settings.resources, values)?);
        }
        Ok(resources)
    }

    fn values(&self, fragments: &Fragments, worker: &WorkerFragments) -> Result<Values> {
        let is_worker = self.filters.is_some();
        let actions = self.settings.table.iter().map(|action| format!("dynamodb:{action}"));
        Ok([
            ("name", self.name.as_str().into()),
            ("Name", pascal(&self.name).into()),
            ("errors", if is_worker || self.is_task { "WorkerErrors" } else { "ServerErrors" }.into()),
            ("description", self.settings.description.as_str().into()),
            ("delay", self.settings.delay.as_deref().map_or(Value::Null, Value::from)),
            ("routes", self.routes(&fragments.route)?),
            ("filters", self.filters()?),
            ("actions", actions.collect::<Vec<_>>().into()),
            ("statements", self.statements(fragments, if is_worker { &worker.statements } else { &[] })?.into()),
        ]
        .into())
    }

    fn routes(&self, route: &Value) -> Result<Value> {
        if self.paths.is_empty() {
            return Ok(Value::Null);
        }
        let mut routes = Mapping::new();
        for (name, path) in iter::zip(event_names(&self.paths), &self.paths) {
            routes.insert(name.into(), fill(route, &[("path", path.as_str().into())].into())?);
        }
        Ok(routes.into())
    }

    fn filters(&self) -> Result<Value> {
        let filters = self.filters.unwrap_or_default().iter().map(|pattern| {
            // The local stack must understand what AWS gets.
            Filter::parse(pattern).with_context(|| format!("STREAM_FILTERS of {}", self.name))?;
            Ok(nested(["Pattern"], (*pattern).into()))
        });
        filters.collect::<Result<Vec<_>>>().map(Value::from)
    }

    fn statements(&self, fragments: &Fragments, of_workers: &[Value]) -> Result<Vec<Value>> {
        let Settings { table, indexes, statements, secrets, .. } = &self.settings;
        ensure!(
            !table.is_empty() || (indexes.is_empty() && statements.is_empty() && !secrets),
            "functions.yaml: {}: `indexes`, `statements` and `secrets` need a `table`",
            self.name
        );
        let mut all = Vec::new();
        if !indexes.is_empty() {
            let arns = indexes.iter().map(|index| tagged("Sub", format!("${{Table.Arn}}/index/{index}")));
            all.push(fill(&fragments.indexes, &[("indexes", arns.collect::<Vec<_>>().into())].into())?);
        }
        if *secrets {
            all.push(fragments.secrets.statement.clone());
        }
        all.extend(statements.iter().chain(of_workers).cloned());
        Ok(all)
    }
}

fn parse<T: for<'de> Deserialize<'de>>(file: &str, text: &str) -> Result<T> {
    from_str(text).with_context(|| format!("infra/template/{file} cannot be read"))
}

fn nested<'a>(keys: impl IntoIterator<Item = &'a str, IntoIter: DoubleEndedIterator>, value: Value) -> Value {
    keys.into_iter().rev().fold(value, |value, key| Mapping::from_iter([(key.into(), value)]).into())
}

fn tagged(tag: &str, value: String) -> Value {
    Value::Tagged(Box::new(TaggedValue { tag: Tag::new(tag), value: value.into() }))
}

/// Adds entries, none of which may exist.
fn add(all: &mut Mapping, more: Value) -> Result<()> {
    let Value::Mapping(more) = more else { bail!("a fragment must be a mapping") };
    for (key, value) in more {
        ensure!(!all.contains_key(&key), "{key:?} is there twice");
        all.insert(key, value);
    }
    Ok(())
}

/// Names the event of each path after the last part of the path, and after more parts where that is ambiguous.
fn event_names(paths: &[String]) -> Vec<String> {
    let parts: Vec<Vec<_>> = paths.iter().map(|path| path.split('/').map(pascal).collect()).collect();
    let name = |parts: &[String], count: usize| parts[parts.len().saturating_sub(count)..].concat();
    let is_unique = |wanted: &str, count| parts.iter().filter(|other| name(other, count) == wanted).count() == 1;
    let name_of = |own: &Vec<String>| {
        let shortest =
            (1..own.len()).map(|count| (name(own, count), count)).find(|(name, count)| is_unique(name, *count));
        let name = shortest.map_or_else(|| own.concat(), |(name, _)| name);
        // The path `/`.
        if name.is_empty() { "Root".to_owned() } else { name }
    };
    parts.iter().map(name_of).collect()
}

/// `bulk-actions` → `BulkActions`, `{fileId}` → `File`.
fn pascal(text: &str) -> String {
    let text = text.trim_matches(['{', '}', '+']);
    let text = text.strip_suffix("Id").unwrap_or(text);
    let words = text.split(['-', '.']).map(|word| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::{event_names, pascal};

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(
            ["bulk-actions", "{bulkActionId}", "openapi.json"].map(pascal),
            ["BulkActions", "BulkAction", "OpenapiJson"]
        );
    }

    #[test]
    fn event_names_are_short_and_unique() {
        let paths = ["/v1/runs", "/v1/runs/{runId}", "/v1/runs/{runId}/cancel", "/v1/jobs/{jobId}/cancel"];
        assert_eq!(event_names(&paths.map(str::to_owned)), ["Runs", "Run", "RunCancel", "JobCancel"]);
    }
}
