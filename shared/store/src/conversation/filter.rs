//! Which index answers a filter, and what is left for DynamoDB to sift.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    Assigned, ConversationFilter, ConversationId, CustomerId, MemberId, MessageId, Status, Timestamp,
};
use futures_util::future::try_join_all;

use super::item::attributes;
use crate::{
    StoreError, TenantStore,
    expression::{number, text},
    item::string,
};

/// Where the conversations are that a filter may want.
pub(super) enum Source {
    /// Nowhere: a filter names something that there is not.
    Nowhere,
    /// Only this one can be it.
    One(ConversationId),
    /// In these partitions of an index.
    Index { name: &'static str, attribute: &'static str, partitions: Vec<String> },
}

/// The index that narrows most.
#[derive(Debug, PartialEq, Eq)]
enum Narrowest {
    Customer(CustomerId),
    Assignee(MemberId),
    Status(Status),
    Nothing,
}

/// A filter expression, put together one attribute at a time.
#[derive(Debug, Default, Clone)]
pub(super) struct Sieve {
    parts: Vec<String>,
    pub names: HashMap<String, String>,
    pub values: HashMap<String, AttributeValue>,
}

impl Sieve {
    /// The expression, unless everything passes.
    pub fn expression(&self) -> Option<String> {
        (!self.parts.is_empty()).then(|| self.parts.join(" AND "))
    }

    fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#f_{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":f{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// `attribute`, compared in this way with `value`.
    fn compare(&mut self, attribute: &str, by: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.parts.push(format!("{name} {by} {value}"));
    }

    fn equals<T: ToString>(&mut self, attribute: &str, wanted: Option<&T>) {
        if let Some(wanted) = wanted {
            self.compare(attribute, "=", text(wanted.to_string()));
        }
    }

    fn is(&mut self, attribute: &str, wanted: Option<bool>) {
        if let Some(wanted) = wanted {
            self.compare(attribute, "=", AttributeValue::Bool(wanted));
        }
    }

    fn assigned<T: ToString>(&mut self, attribute: &str, wanted: Option<&Assigned<T>>) {
        match wanted {
            None => {}
            Some(Assigned::To(id)) => self.equals(attribute, Some(id)),
            Some(Assigned::None) => {
                let name = self.name(attribute);
                self.parts.push(format!("attribute_not_exists({name})"));
            }
        }
    }

    fn add(&mut self, filter: &ConversationFilter, answered: &Narrowest, now: Timestamp) {
        let answers = |by: Narrowest| *answered == by;
        if filter.status.is_some_and(|status| !answers(Narrowest::Status(status))) {
            self.equals(attributes::STATUS, filter.status.as_ref());
        }
        if let Some(customer) = filter.customer_id.clone()
            && !answers(Narrowest::Customer(customer.clone()))
        {
            let (outer, inner, value) = (self.name("customer"), self.name("id"), self.value(text(customer)));
            self.parts.push(format!("{outer}.{inner} = {value}"));
        }
        match filter.assignee_id {
            Some(Assigned::To(member)) if answers(Narrowest::Assignee(member)) => {}
            _ => self.assigned(attributes::ASSIGNEE_ID, filter.assignee_id.as_ref()),
        }
        self.assigned(attributes::ASSISTANT_ID, filter.assistant_id.as_ref());
        self.equals(attributes::RESOLUTION, filter.resolution.as_ref());
        self.equals("channel", filter.channel.as_ref());
        self.equals("externalId", filter.external_id.as_ref());
        self.equals(attributes::INBOX_ID, filter.inbox_id.as_ref());
        self.equals(attributes::PIPELINE_ID, filter.pipeline_id.as_ref());
        self.equals(attributes::STAGE_ID, filter.stage_id.as_ref());
        self.equals("priority", filter.priority.as_ref());
        if let Some(tag) = &filter.tag {
            let (name, value) = (self.name("tags"), self.value(text(tag)));
            self.parts.push(format!("contains({name}, {value})"));
        }
        self.is("escalated", filter.escalated);
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
        for (by, moment) in [(">", filter.created_after), ("<", filter.created_before)] {
            if let Some(moment) = moment {
                self.compare("createdAt", by, number(moment.as_millis()));
            }
        }
    }
}

/// How filters that must all hold are answered.
pub(super) struct Plan {
    pub source: Source,
    pub sieve: Sieve,
    /// The filters as they are resolved: for a conversation that was found without an index.
    pub filters: Vec<ConversationFilter>,
    /// Nothing up to here can match: activity never lies before the creation.
    pub floor: Option<MessageId>,
}

impl TenantStore {
    /// Chooses the narrowest index. An email or an externalId takes one read more: who has claimed it.
    pub(super) async fn plan(&self, filters: &[ConversationFilter]) -> Result<Plan, StoreError> {
        let resolved = self.resolve_emails(filters);
        let wanted = filters.iter().find_map(|filter| filter.external_id.as_ref());
        let claimed = async {
            let Some(wanted) = wanted else { return Ok(None) };
            let claim = self.get(self.keys().external_id(wanted)).await?;
            Ok(claim.as_ref().and_then(|claim| string(claim, "conversationId")).and_then(ConversationId::parse))
        };
        let (resolved, claimed) = tokio::try_join!(resolved, claimed)?;
        let Some(filters) = resolved else {
            return Ok(Plan { source: Source::Nowhere, sieve: Sieve::default(), filters: Vec::new(), floor: None });
        };
        let narrowest = narrowest(&filters);
        let source = match (wanted, claimed) {
            (Some(_), None) => Source::Nowhere,
            (Some(_), Some(id)) => Source::One(id),
            (None, _) => self.index(&narrowest),
        };
        let now = self.clock().now();
        let mut sieve = Sieve::default();
        for filter in &filters {
            sieve.add(filter, &narrowest, now);
        }
        let floor = filters.iter().filter_map(|filter| filter.created_after).max().map(MessageId::end_of);
        Ok(Plan { source, sieve, filters, floor })
    }

    /// AP-05: replaces the emails in filters by the customers who have claimed them. Returns `None` when the filters match
    /// nothing: nobody has claimed an email, or somebody other than the customer beside it.
    ///
    /// # Errors
    /// When the table does not answer.
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

    fn index(&self, narrowest: &Narrowest) -> Source {
        let (name, attribute, partitions) = match narrowest {
            Narrowest::Customer(customer) => ("gsi2", "gsi2pk", vec![self.keys().by_customer(customer)]),
            Narrowest::Assignee(member) => ("gsi3", "gsi3pk", vec![self.keys().by_assignee(*member)]),
            Narrowest::Status(status) => ("gsi1", "gsi1pk", self.status_partitions(*status).collect()),
            Narrowest::Nothing => {
                let all = Status::ALL.iter().flat_map(|&status| self.status_partitions(status));
                ("gsi1", "gsi1pk", all.collect())
            }
        };
        Source::Index { name, attribute, partitions }
    }
}

fn narrowest(filters: &[ConversationFilter]) -> Narrowest {
    let customer = filters.iter().find_map(|filter| filter.customer_id.clone());
    let assignee = filters.iter().find_map(|filter| match filter.assignee_id {
        Some(Assigned::To(member)) => Some(member),
        _ => None,
    });
    let status = filters.iter().find_map(|filter| filter.status);
    customer
        .map(Narrowest::Customer)
        .or(assignee.map(Narrowest::Assignee))
        .or(status.map(Narrowest::Status))
        .unwrap_or(Narrowest::Nothing)
}
