//! Plans a list query: chooses the index for a filter, and builds the filter expression for the rest.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    Assigned, ConversationFilter, ConversationId, CustomerId, Identifier, MemberId, MessageId, Status, Timestamp,
};
use futures_util::future::try_join_all;

use super::item::attributes;
use crate::{
    StoreError, TenantStore,
    customer::CUSTOMER_ID,
    expression::{number, packed_id, text},
    item::string,
    keys::{BY_ASSIGNEE, BY_CUSTOMER, BY_STATUS, Index, Key},
    packed::unpack,
};

/// Where the matching conversations are read from.
pub(super) enum Source {
    /// Nothing can match: a filter has an email or externalId that does not exist.
    Empty,
    /// Only this conversation can match.
    Single(ConversationId),
    /// The partitions of an index.
    Index { index: Index, partitions: Vec<String> },
}

/// The filter that the index evaluates: the most selective one that has an index.
#[derive(Debug, PartialEq, Eq)]
enum IndexFilter {
    Customer(CustomerId),
    Assignee(MemberId),
    Status(Status),
    None,
}

/// A filter expression, built one attribute at a time.
#[derive(Debug, Default, Clone)]
pub(super) struct FilterExpression {
    parts: Vec<String>,
    pub names: HashMap<String, String>,
    pub values: HashMap<String, AttributeValue>,
}

impl FilterExpression {
    /// Returns the expression; `None` if there is nothing to filter.
    pub fn expression(&self) -> Option<String> {
        (!self.parts.is_empty()).then(|| self.parts.join(" AND "))
    }

    /// Adds an attribute name and returns its placeholder.
    fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#f_{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// Adds a value and returns its placeholder.
    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":f{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Adds a comparison of an attribute with a value.
    fn compare(&mut self, attribute: &str, operator: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.parts.push(format!("{name} {operator} {value}"));
    }

    fn equals<T: ToString>(&mut self, attribute: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.compare(attribute, "=", text(value.to_string()));
        }
    }

    fn equals_id(&mut self, attribute: &str, value: Option<impl Identifier>) {
        if let Some(value) = value {
            self.compare(attribute, "=", packed_id(value));
        }
    }

    fn is(&mut self, attribute: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.compare(attribute, "=", AttributeValue::Bool(value));
        }
    }

    fn assigned<I: Identifier>(&mut self, attribute: &str, assigned: Option<Assigned<I>>) {
        match assigned {
            None => {}
            Some(Assigned::To(id)) => self.equals_id(attribute, Some(id)),
            Some(Assigned::None) => {
                let name = self.name(attribute);
                self.parts.push(format!("attribute_not_exists({name})"));
            }
        }
    }

    /// Adds the parts of a filter that the index does not evaluate.
    fn add(&mut self, filter: &ConversationFilter, index: &IndexFilter, now: Timestamp) {
        let is_indexed = |filter: IndexFilter| *index == filter;
        if filter.status.is_some_and(|status| !is_indexed(IndexFilter::Status(status))) {
            self.equals(attributes::STATUS, filter.status.as_ref());
        }
        if let Some(customer) = filter.customer_id.clone()
            && !is_indexed(IndexFilter::Customer(customer.clone()))
        {
            let (outer, inner, value) =
                (self.name(attributes::CUSTOMER), self.name(CUSTOMER_ID), self.value(text(customer)));
            self.parts.push(format!("{outer}.{inner} = {value}"));
        }
        match filter.assignee_id {
            Some(Assigned::To(member)) if is_indexed(IndexFilter::Assignee(member)) => {}
            _ => self.assigned(attributes::ASSIGNEE_ID, filter.assignee_id),
        }
        self.assigned(attributes::ASSISTANT_ID, filter.assistant_id);
        self.equals(attributes::RESOLUTION, filter.resolution.as_ref());
        self.equals(attributes::CHANNEL, filter.channel.as_ref());
        self.equals(attributes::EXTERNAL_ID, filter.external_id.as_ref());
        self.equals(attributes::SESSION_KEY, filter.session_key.as_ref());
        self.equals_id(attributes::INBOX_ID, filter.inbox_id);
        self.equals_id(attributes::PIPELINE_ID, filter.pipeline_id);
        self.equals_id(attributes::STAGE_ID, filter.stage_id);
        self.equals(attributes::PRIORITY, filter.priority.as_ref());
        if let Some(tag) = &filter.tag {
            let (name, value) = (self.name(attributes::TAGS), self.value(text(tag)));
            self.parts.push(format!("contains({name}, {value})"));
        }
        self.is(attributes::ESCALATED, filter.escalated);
        self.is(attributes::AWAITING_REPLY, filter.awaiting_reply);
        if let Some(unread) = filter.unread {
            self.compare(attributes::UNREAD_COUNT, if unread { ">" } else { "=" }, number(0));
        }
        if let Some(snoozed) = filter.snoozed {
            let (name, now) = (self.name(attributes::SNOOZED_UNTIL), self.value(number(now.as_millis())));
            self.parts.push(if snoozed {
                format!("{name} > {now}")
            } else {
                format!("(attribute_not_exists({name}) OR {name} <= {now})")
            });
        }
        for (operator, time) in [(">=", filter.created_after), ("<", filter.created_before)] {
            if let Some(time) = time {
                self.compare(attributes::CREATED_AT, operator, number(time.as_millis()));
            }
        }
    }
}

/// The plan of a list query whose filters must all match.
pub(super) struct QueryPlan {
    pub source: Source,
    pub expression: FilterExpression,
    /// The resolved filters, for a conversation that is read without an index.
    pub filters: Vec<ConversationFilter>,
    /// The lower bound of the activity, from `createdAfter`: activity is never before the creation.
    pub floor: Option<MessageId>,
}

impl TenantStore {
    /// Chooses the most selective index. An email, an externalId or the sessionKey of an open conversation in an
    /// inbox takes one more read, for its claim.
    pub(super) async fn query_plan(&self, filters: &[ConversationFilter]) -> Result<QueryPlan, StoreError> {
        let resolved = self.resolve_emails(filters);
        let claim = filters.iter().find_map(|filter| self.claim_of(filter));
        let claimed = async {
            let Some(claim) = &claim else { return Ok(None) };
            let claim = self.get(claim.clone()).await?;
            Ok(claim.as_ref().and_then(|claim| string(claim, "conversationId")).and_then(unpack))
        };
        let (resolved, claimed) = tokio::try_join!(resolved, claimed)?;
        let Some(filters) = resolved else {
            let expression = FilterExpression::default();
            return Ok(QueryPlan { source: Source::Empty, expression, filters: Vec::new(), floor: None });
        };
        let index_filter = index_filter(&filters);
        let source = match (&claim, claimed) {
            (Some(_), None) => Source::Empty,
            (Some(_), Some(id)) => Source::Single(id),
            (None, _) => self.index(&index_filter),
        };
        let now = self.clock().now();
        let mut expression = FilterExpression::default();
        for filter in &filters {
            expression.add(filter, &index_filter, now);
        }
        let floor = filters.iter().filter_map(|filter| filter.created_after).max().map(MessageId::before);
        Ok(QueryPlan { source, expression, filters, floor })
    }

    /// Returns the key of the claim that names the only conversation that can match. A sessionKey is unique in an inbox among the
    /// conversations that are not solved.
    fn claim_of(&self, filter: &ConversationFilter) -> Option<Key> {
        if let Some(external_id) = &filter.external_id {
            return Some(self.keys().external_id(external_id));
        }
        let key = filter.session_key.as_ref()?;
        let is_open = matches!(filter.status?, Status::Open | Status::Waiting);
        is_open.then_some(self.keys().session_claim(Some(filter.inbox_id?), key))
    }

    /// AP-05: replaces the emails in filters with the customers who have claimed them. Returns `None` if nothing can match:
    /// an email is unclaimed, or claimed by a customer other than the filter's `customer_id`.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn resolve_emails(
        &self,
        filters: &[ConversationFilter],
    ) -> Result<Option<Vec<ConversationFilter>>, StoreError> {
        Ok(try_join_all(filters.iter().map(|filter| self.resolve(filter))).await?.into_iter().collect())
    }

    async fn resolve(&self, filter: &ConversationFilter) -> Result<Option<ConversationFilter>, StoreError> {
        let mut filter = filter.clone();
        if let Some(email) = filter.customer_email.take() {
            let claim = self.get_with(self.keys().email_claim(&email), false).await?;
            let owner = claim.as_ref().and_then(|claim| string(claim, "customerId"));
            let owner = owner.and_then(|id| CustomerId::parse(id.to_owned()).ok());
            match (owner, &filter.customer_id) {
                (Some(owner), Some(named)) if owner != *named => return Ok(None),
                (None, _) => return Ok(None),
                (owner, _) => filter.customer_id = owner,
            }
        }
        Ok(Some(filter))
    }

    fn index(&self, filter: &IndexFilter) -> Source {
        let (index, partitions) = match filter {
            IndexFilter::Customer(customer) => (BY_CUSTOMER, vec![self.keys().by_customer(customer)]),
            IndexFilter::Assignee(member) => (BY_ASSIGNEE, self.assignee_partitions(*member).collect()),
            IndexFilter::Status(status) => (BY_STATUS, self.status_partitions(*status).collect()),
            IndexFilter::None => {
                let all = Status::ALL.iter().flat_map(|&status| self.status_partitions(status));
                (BY_STATUS, all.collect())
            }
        };
        Source::Index { index, partitions }
    }
}

fn index_filter(filters: &[ConversationFilter]) -> IndexFilter {
    let customer = filters.iter().find_map(|filter| filter.customer_id.clone());
    let assignee = filters.iter().find_map(|filter| match filter.assignee_id {
        Some(Assigned::To(member)) => Some(member),
        _ => None,
    });
    let status = filters.iter().find_map(|filter| filter.status);
    customer
        .map(IndexFilter::Customer)
        .or(assignee.map(IndexFilter::Assignee))
        .or(status.map(IndexFilter::Status))
        .unwrap_or(IndexFilter::None)
}
