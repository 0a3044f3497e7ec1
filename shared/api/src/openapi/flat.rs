//! Flat schemas of requests whose fields depend on a tag.

use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, schema::Type};

/// Returns one object schema with the fields of all variants of a tagged union. Only the tag is required. The API checks the rest.
///
/// Generators make one type of a flat object. Of a union, each of them makes something else, and some lose the fields.
#[must_use]
pub fn flat(tag: &str, description: &str, variants: Vec<RefOr<Schema>>) -> Object {
    let mut names = Vec::new();
    let mut texts = vec![description.to_owned()];
    let mut flat = Object::new();
    for variant in variants {
        let RefOr::T(Schema::Object(variant)) = variant else { continue };
        let name = variant.properties.get(tag).map(constant).unwrap_or_default();
        if let Some(text) = &variant.description {
            texts.push(format!("- `{name}`: {text}"));
        }
        names.push(name);
        let fields = variant.properties.into_iter().filter(|(field, _)| field != tag);
        flat.properties.extend(fields);
    }
    let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    flat.properties.insert(tag.to_owned(), names.into());
    flat.required = vec![tag.to_owned()];
    flat.description = Some(texts.join("\n"));
    flat
}

/// Returns the only value of a string schema.
fn constant(schema: &RefOr<Schema>) -> String {
    let RefOr::T(Schema::Object(object)) = schema else { return String::new() };
    let value = object.enum_values.iter().flatten().next().and_then(serde_json::Value::as_str);
    value.unwrap_or_default().to_owned()
}
