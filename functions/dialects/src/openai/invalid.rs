//! The service's texts for invalid parameters.

use deskless_api::{FieldError, InvalidRequest, Json};

fn error(param: impl Into<String>, code: &'static str, message: String) -> InvalidRequest {
    InvalidRequest(vec![FieldError { field: param.into(), code, message }])
}

/// A required parameter is missing.
pub fn missing(param: &str) -> InvalidRequest {
    error(param, "missing_required_parameter", format!("Missing required parameter: '{param}'."))
}

/// The object has no such parameter.
pub fn unknown(param: &str) -> InvalidRequest {
    let param: String = param.chars().take(100).collect();
    error(param.as_str(), "unknown_parameter", format!("Unknown parameter: '{param}'."))
}

/// The value has another type than `expected`, which begins with an article.
pub fn wrong_type(param: &str, expected: &str, actual: &Json) -> InvalidRequest {
    let actual = match actual {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(digits) if digits.contains(['.', 'e', 'E']) => "a decimal",
        Json::Number(_) => "an integer",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    };
    let message = format!("Invalid type for '{param}': expected {expected}, but got {actual} instead.");
    error(param, "invalid_type", message)
}

/// The value is not one of `supported`.
pub fn unsupported(param: &str, value: &str, supported: &[&str]) -> InvalidRequest {
    let quoted: Vec<_> = supported.iter().map(|value| format!("'{value}'")).collect();
    let list = match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{}, and {last}", before.join(", ")),
        None => String::new(),
    };
    error(param, "invalid_value", format!("Invalid value: '{value}'. Supported values are: {list}."))
}

/// The value is invalid for a reason, which is a sentence.
pub fn value(param: &str, reason: &str) -> InvalidRequest {
    error(param, "invalid_value", format!("Invalid '{param}': {reason}"))
}

/// The id has another form than ids that begin with `prefix`.
pub fn prefix(param: &str, id: &str, prefix: &str) -> InvalidRequest {
    value(param, &format!("'{id}'. Expected an ID that begins with '{prefix}'."))
}

/// An id occurs twice.
pub fn duplicate(param: &str, id: &str) -> InvalidRequest {
    let message = format!("Invalid '{param}': an item with id '{id}' already exists in this conversation.");
    error(param, "duplicate_item_id", message)
}

/// The array is too long.
pub fn long_array(param: &str, max: usize, length: usize) -> InvalidRequest {
    let message = format!(
        "Invalid '{param}': array too long. Expected an array with maximum length {max}, but got an array with length {length} instead."
    );
    error(param, "array_above_max_length", message)
}

/// The array is empty.
pub fn empty_array(param: &str) -> InvalidRequest {
    let message = format!(
        "Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    );
    error(param, "empty_array", message)
}

/// The text is too long. `unit` is `length` for characters.
pub fn long_string(param: &str, max: usize, length: usize) -> InvalidRequest {
    let message = format!(
        "Invalid '{param}': string too long. Expected a string with maximum length {max}, but got a string with length {length} instead."
    );
    error(param, "string_above_max_length", message)
}

/// The item has too many bytes.
pub fn large(param: &str, max: usize, bytes: usize) -> InvalidRequest {
    let message = format!("Invalid '{param}': too large. Expected at most {max} bytes, but got {bytes} bytes instead.");
    error(param, "string_above_max_length", message)
}

/// An object has too many members.
pub fn many_properties(param: &str, max: usize, count: usize) -> InvalidRequest {
    let message = format!(
        "Invalid '{param}': too many properties. Expected an object with at most {max} properties, but got an object with {count} properties instead."
    );
    error(param, "object_above_max_properties", message)
}

/// The name of a member is too long.
pub fn long_name(param: &str, name: &str, max: usize, length: usize) -> InvalidRequest {
    let message = format!(
        "Invalid property name in '{param}': '{name}' is too long. Expected a string with maximum length {max}, but got a string with length {length} instead."
    );
    error(format!("{param}.{name}"), "property_name_above_max_length", message)
}

/// A number is out of range.
pub fn out_of_range(param: &str, value: &str, min: usize, max: usize) -> InvalidRequest {
    let (code, problem, bound) = match value.parse::<i128>() {
        Ok(number) if number < 1 => ("integer_below_min_value", "below minimum", format!(">= {min}")),
        Ok(_) => ("integer_above_max_value", "above maximum", format!("<= {max}")),
        Err(_) => {
            let message = format!("Invalid type for '{param}': expected an integer, but got a string instead.");
            return error(param, "invalid_type", message);
        }
    };
    let message =
        format!("Invalid '{param}': integer {problem} value. Expected a value {bound}, but got {value} instead.");
    error(param, code, message)
}
