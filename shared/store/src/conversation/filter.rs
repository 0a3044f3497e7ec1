//! Plans a list query: chooses the index for a filter, and builds the filter expression for the rest.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    Assigned, ConversationFilter, ConversationId, CustomerId, Field, Identifier, Invalid, InvalidField, MemberId,
    MessageId, ResolvedFilter, Status, Timestamp,
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

/// The maximum number of customers with one email address by which conversations can be filtered: the operands of `IN`, and
/// the partitions that are read.
const MAX_CUSTOMERS: u16 = 100;

/// The filter that the index evaluates: the most selective one that has an index.
#[derive(Debug, PartialEq, Eq)]
enum IndexFilter {
    Customers(Vec<CustomerId>),
    Assignee(MemberId),
    Status(Status),
    AnyStatus(Vec<Status>),
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

    fn is_any<T: ToString>(&mut self, attribute: &str, values: &[T]) {
        if values.is_empty() {
            return;
        }
        let name = self.name(attribute);
        let values: Vec<_> = values.iter().map(|value| self.value(text(value.to_string()))).collect();
        self.parts.push(format!("{name} IN ({})", values.join(", ")));
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
    fn add(&mut self, ResolvedFilter { filter, customers }: &ResolvedFilter, index: &IndexFilter, now: Timestamp) {
        let is_indexed = |filter: IndexFilter| *index == filter;
        if filter.status.is_some_and(|status| !is_indexed(IndexFilter::Status(status))) {
            self.equals(attributes::STATUS, filter.status.as_ref());
        }
        if !is_indexed(IndexFilter::AnyStatus(filter.any_status.clone())) {
            self.is_any(attributes::STATUS, &filter.any_status);
        }
        if let Some(customers) = customers
            && !is_indexed(IndexFilter::Customers(customers.clone()))
        {
            let (outer, inner) = (self.name(attributes::CUSTOMER), self.name(CUSTOMER_ID));
            let values: Vec<_> = customers.iter().map(|customer| self.value(text(customer))).collect();
            self.parts.push(format!("{outer}.{inner} IN ({})", values.join(", ")));
        }
        match filter.assignee_id {
            Some(Assigned::To(member)) if is_indexed(IndexFilter::Assignee(member)) => {}
            _ => self.assigned(attributes::ASSIGNEE_ID, filter.assignee_id),
        }
        self.assigned(attributes::ASSISTANT_ID, filter.assistant_id);
        self.equals(attributes::RESOLUTION, filter.resolution.as_ref());
        self.is_any(attributes::RESOLUTION, &filter.any_resolution);
        self.equals(attributes::CHANNEL, filter.channel.as_ref());
        self.equals(attributes::EXTERNAL_ID, filter.external_id.as_ref());
        self.equals(attributes::SESSION_KEY, filter.session_key.as_ref());
        self.equals_id(attributes::INBOX_ID, filter.inbox_id);
        self.equals_id(attributes::PIPELINE_ID, filter.pipeline_id);
        self.equals_id(attributes::STAGE_ID, filter.stage_id);
        self.equals(attributes::PRIORITY, filter.priority.as_ref());
        self.is_any(attributes::PRIORITY, &filter.any_priority);
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
    pub filters: Vec<ResolvedFilter>,
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
        let floor = filters.iter().filter_map(|resolved| resolved.filter.created_after).max().map(MessageId::before);
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

    /// AP-05: replaces the emails in filters with the customers who have them. Returns `None` if nothing can match.
    ///
    /// # Errors
    /// [`StoreError::InvalidField`] when more than 100 customers have an address.
    pub async fn resolve_emails(
        &self,
        filters: &[ConversationFilter],
    ) -> Result<Option<Vec<ResolvedFilter>>, StoreError> {
        Ok(try_join_all(filters.iter().map(|filter| self.resolve(filter))).await?.into_iter().collect())
    }

    async fn resolve(&self, filter: &ConversationFilter) -> Result<Option<ResolvedFilter>, StoreError> {
        let mut filter = filter.clone();
        let customers = match (filter.customer_id.take(), filter.customer_email.take()) {
            (customer, None) => customer.map(|customer| vec![customer]),
            (Some(customer), Some(email)) => {
                let found = self.find_customer(&customer).await?;
                let has_email = found.is_some_and(|found| found.registered_email == Some(email.normalized()));
                Some(has_email.then_some(customer).into_iter().collect())
            }
            (None, Some(email)) => {
                let holders = self.email_holders(&email, i32::from(MAX_CUSTOMERS) + 1).await?;
                if holders.len() > usize::from(MAX_CUSTOMERS) {
                    let message = format!(
                        "is the address of more than {MAX_CUSTOMERS} customers. Filter by `customerId` instead"
                    );
                    let invalid = InvalidField::new(Field::CustomerEmail, Invalid::new("too_many", message));
                    return Err(StoreError::InvalidField(invalid));
                }
                Some(holders.into_iter().map(|holder| holder.customer_id).collect())
            }
        };
        let is_empty = customers.as_ref().is_some_and(Vec::is_empty);
        Ok((!is_empty).then_some(ResolvedFilter { filter, customers }))
    }

    fn index(&self, filter: &IndexFilter) -> Source {
        let (index, partitions) = match filter {
            IndexFilter::Customers(customers) => {
                (BY_CUSTOMER, customers.iter().map(|customer| self.keys().by_customer(customer)).collect())
            }
            IndexFilter::Assignee(member) => (BY_ASSIGNEE, self.assignee_partitions(*member).collect()),
            IndexFilter::Status(status) => (BY_STATUS, self.status_partitions(*status).collect()),
            IndexFilter::AnyStatus(statuses) => {
                (BY_STATUS, statuses.iter().flat_map(|&status| self.status_partitions(status)).collect())
            }
            IndexFilter::None => {
                let all = Status::ALL.iter().flat_map(|&status| self.status_partitions(status));
                (BY_STATUS, all.collect())
            }
        };
        Source::Index { index, partitions }
    }
}

fn index_filter(filters: &[ResolvedFilter]) -> IndexFilter {
    let customers = filters.iter().filter_map(|filter| filter.customers.clone()).min_by_key(Vec::len);
    let filters = || filters.iter().map(|resolved| &resolved.filter);
    let assignee = filters().find_map(|filter| match filter.assignee_id {
        Some(Assigned::To(member)) => Some(member),
        _ => None,
    });
    let status = filters().find_map(|filter| filter.status);
    let any_status = filters().map(|filter| &filter.any_status).find(|statuses| !statuses.is_empty()).cloned();
    customers
        .map(IndexFilter::Customers)
        .or(assignee.map(IndexFilter::Assignee))
        .or(status.map(IndexFilter::Status))
        .or(any_status.map(IndexFilter::AnyStatus))
        .unwrap_or(IndexFilter::None)
}
