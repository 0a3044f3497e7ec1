//! Query parameters. Arrays are sent as `include[]=a&include[]=b`, or as `include=a`.

use axum::extract::FromRequestParts;
use deskless_api::{ApiState, InvalidRequest, Problem};
use deskless_domain::Order;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use super::invalid;

/// The values of `include`. Items are always returned whole, so they change nothing.
const INCLUDABLE: [&str; 9] = [
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
    "message.output_text.annotations",
];

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

/// The parameters of a list of items.
#[derive(Debug)]
pub struct ListQuery {
    /// The item after which the page begins.
    pub after: Option<String>,
    /// The most items of the page.
    pub limit: usize,
    /// The order.
    pub order: Order,
}

/// The parameters of an operation that takes only `include`.
#[derive(Debug)]
pub struct IncludeQuery;

/// The parameters of an operation that takes none.
#[derive(Debug)]
pub struct NoQuery;

impl FromRequestParts<ApiState> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let mut query = Self { after: None, limit: DEFAULT_LIMIT, order: Order::Desc };
        for (name, value) in pairs(parts)? {
            match name.as_str() {
                "after" => query.after = Some(value).filter(|after| !after.is_empty()),
                "limit" => query.limit = limit(&value)?,
                "order" => query.order = order(&value)?,
                _ => include(&name, &value)?,
            }
        }
        Ok(query)
    }
}

impl FromRequestParts<ApiState> for IncludeQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        for (name, value) in pairs(parts)? {
            include(&name, &value)?;
        }
        Ok(Self)
    }
}

impl FromRequestParts<ApiState> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        match pairs(parts)?.first() {
            Some((name, _)) => Err(invalid::unknown(name).into()),
            None => Ok(Self),
        }
    }
}

fn pairs(parts: &Parts) -> Result<Vec<(String, String)>, InvalidRequest> {
    let query = parts.uri.query().unwrap_or_default();
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8().map(std::borrow::Cow::into_owned);
        decoded.map_err(|_| invalid::value(text, "Expected UTF-8."))
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name)?, decode(value)?))
    });
    let pairs: Vec<(String, String)> = pairs.collect::<Result<_, InvalidRequest>>()?;
    let is_repeated =
        |i: usize, name: &str| !name.starts_with("include") && pairs[..i].iter().any(|(two, _)| two == name);
    match pairs.iter().enumerate().find(|(i, (name, _))| is_repeated(*i, name)) {
        Some((_, (name, _))) => Err(invalid::value(name, "Expected it to be sent only once.")),
        None => Ok(pairs),
    }
}

fn limit(value: &str) -> Result<usize, InvalidRequest> {
    let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| invalid::out_of_range("limit", value, 1, MAX_LIMIT))
}

fn order(value: &str) -> Result<Order, InvalidRequest> {
    match value {
        "asc" => Ok(Order::Asc),
        "desc" => Ok(Order::Desc),
        _ => Err(invalid::unsupported("order", value, &["asc", "desc"])),
    }
}

fn include(name: &str, value: &str) -> Result<(), InvalidRequest> {
    let is_include = name == "include" || name.strip_prefix("include[").is_some_and(|rest| rest.ends_with(']'));
    if !is_include {
        return Err(invalid::unknown(name));
    }
    match value.split(',').find(|value| !INCLUDABLE.contains(value)) {
        Some(value) => Err(invalid::unsupported("include", value, &INCLUDABLE)),
        None => Ok(()),
    }
}
