//! Short descriptions: each on one line, and none that only repeats a name.

use utoipa::openapi::{OpenApi, RefOr, Schema, schema::OneOf};

use super::common::operations_mut;

/// Words that add nothing to a name.
const STOP_WORDS: [&str; 7] = ["the", "a", "an", "of", "its", "display", "address"];

/// The longest text beside a reference that only names the field, in words.
const MAX_NAME: usize = 4;

/// Unwraps the descriptions of operations, parameters and schemas, and removes those that only repeat a name.
pub(super) fn tidy(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations_mut) {
        let parameters = operation.parameters.iter_mut().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(&mut parameter.description),
            RefOr::Ref(_) => None,
        });
        for text in parameters.chain([&mut operation.description]).flatten() {
            *text = unwrap(text);
        }
    }
    for (name, schema) in document.components.iter_mut().flat_map(|components| &mut components.schemas) {
        shorten(name, schema);
    }
}

/// Shortens the description of a schema and of its properties.
fn shorten(name: &str, schema: &mut RefOr<Schema>) {
    let description = match schema {
        RefOr::Ref(reference) => {
            reference.description = unwrap(&reference.description);
            if names_field(name, &reference.description) {
                reference.description.clear();
            }
            return;
        }
        RefOr::T(Schema::Object(object)) => {
            for (field, property) in &mut object.properties {
                shorten(field, property);
            }
            &mut object.description
        }
        RefOr::T(Schema::OneOf(OneOf { items, description, .. })) => {
            for item in items.iter_mut() {
                shorten(name, item);
            }
            description
        }
        RefOr::T(Schema::Array(array)) => &mut array.description,
        RefOr::T(_) => return,
    };
    *description = description.take().map(|text| unwrap(&text)).filter(|text| !repeats(name, text));
}

/// Joins the lines of each paragraph. Lists keep their lines.
fn unwrap(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.trim().lines() {
        let is_joined = !joined.is_empty() && !joined.ends_with('\n') && !line.is_empty() && !line.starts_with("- ");
        if !joined.is_empty() {
            joined.push(if is_joined { ' ' } else { '\n' });
        }
        joined.push_str(line);
    }
    joined
}

/// Whether a text has only words of the name: `The email address.` of `email`.
fn repeats(name: &str, text: &str) -> bool {
    let words = words(name);
    name_in(text).is_some_and(|text| {
        text.split(' ').all(|word| STOP_WORDS.contains(&word) || words.iter().any(|known| known == word))
    })
}

/// Whether a text beside a reference is a short name: `The pipeline.` The referenced schema describes the value.
fn names_field(name: &str, text: &str) -> bool {
    repeats(name, text) || name_in(text).is_some_and(|text| text.split(' ').count() <= MAX_NAME)
}

/// Returns the text in lower case if it is a name with an article.
fn name_in(text: &str) -> Option<String> {
    let name = text.strip_suffix('.')?;
    let has_article = ["The ", "A ", "An "].iter().any(|article| name.starts_with(article));
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '\'');
    (has_article && is_plain).then(|| name.to_lowercase())
}

/// `firstName` → `first`, `name`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}
