use aws_sdk_dynamodb::{operation::update_item::UpdateItemError, types::ReturnValue};
use deskless_domain::WebhookUrl;

use super::{BODY, CallKey, RetriedCall, attributes, body::inflate};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    item::{Item, integer, string},
    keys::DUE,
    packed::unpack,
    timer::set_due,
};

/// How long a claim lasts. Longer than an attempt, so that a call is attempted again only if its process has crashed.
const CLAIM_SECONDS: i64 = 60;

impl TenantStore {
    /// AP-201: claims a call for an attempt, if it is due. Counts the attempt, and makes the call due again after a minute, in case the
    /// process crashes. `None` if it is not due, was claimed by another process, or does not exist any more.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn claim_call(&self, call: CallKey) -> Result<Option<RetriedCall>, StoreError> {
        let key = self.keys().retried_call(call);
        let now = self.clock().now();
        let mut update = Update::default();
        update.add(attributes::ATTEMPTS, 1);
        set_due(&mut update, &key, now.plus_seconds(CLAIM_SECONDS));
        let mut is_due = Condition::exists();
        let (due, time) = (is_due.name(DUE), is_due.value(number(now.as_millis())));
        let is_due = is_due.and(format!("{due} <= {time}"));
        let (expression, condition) = (update.expression(), is_due.expression());
        let (names, values) = is_due.placeholders(update);
        let request = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .update_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_condition_expression(condition)
            .return_values(ReturnValue::AllNew);
        let state = match request.send().await {
            Ok(output) => output.attributes.unwrap_or_default(),
            Err(error) => match error.as_service_error() {
                // If the response was lost and the SDK has tried again, the call is due after the claim.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => return Ok(None),
                _ => return Err(StoreError::from_sdk(&error)),
            },
        };
        // The body is removed together with the state.
        let Some(body) = self.get(self.keys().retried_body(call)).await? else { return Ok(None) };
        read(call, &state, &body).map(Some)
    }
}

fn read(key: CallKey, state: &Item, body: &Item) -> Result<RetriedCall, StoreError> {
    let missing = |what: &str| StoreError::Internal(format!("a call has no {what}"));
    let url = string(state, attributes::URL).ok_or_else(|| missing("url"))?;
    let conversation = string(state, attributes::CONVERSATION).and_then(unpack);
    let attempts = integer(state, attributes::ATTEMPTS).and_then(|attempts| u32::try_from(attempts).ok());
    Ok(RetriedCall {
        key,
        conversation: conversation.ok_or_else(|| missing("conversation"))?,
        url: WebhookUrl::parse(url.to_owned()).map_err(|_| missing("valid url"))?,
        body: inflate(body.get(BODY).ok_or_else(|| missing("body"))?)?,
        attempts: attempts.ok_or_else(|| missing("number of attempts"))?,
    })
}
