//! What is sent next.

use std::collections::{BTreeMap, HashMap};

use deskless_domain::{DeliverySubject, EventFilter, Hold, LoggedEvent};
use tokio::time::Instant;

use super::run::Session;
use crate::AppError;

/// The most events that are read at once.
const PAGE: usize = 50;
/// The most subjects that are tried again at once. With a page of new ones, all changes fit into one transaction.
const MOST_DUE: usize = 16;
/// With this many subjects that wait, no more is read from the log.
pub(super) const MOST_HELD: usize = 1_000;

/// The events of one subject.
pub(super) struct Group {
    /// Those that wait, and the new ones after them.
    pub hold: Hold,
    /// What was stored before.
    pub before: Option<Hold>,
    /// The events that were read.
    pub events: HashMap<u64, LoggedEvent>,
    /// Whether they are sent now. Otherwise the new ones only wait.
    pub is_due: bool,
}

impl Group {
    /// Returns the group of events that wait.
    fn held(hold: &Hold, is_due: bool) -> Self {
        Self { hold: hold.clone(), before: Some(hold.clone()), events: HashMap::new(), is_due }
    }
}

/// What is sent next.
pub(super) struct Batch {
    pub groups: Vec<Group>,
    /// The cursor after the batch.
    pub cursor: u64,
    /// Whether this is the one attempt of a step during an outage.
    pub is_probe: bool,
}

impl Session<'_> {
    /// Returns what is sent next; `None` if nothing is due.
    pub(super) async fn next_batch(&mut self) -> Result<Option<Batch>, AppError> {
        if self.state.outage.is_some() {
            return self.probe().await;
        }
        let now = self.now();
        loop {
            let mut due: Vec<_> = self.holds.values().filter(|hold| hold.due(&self.state) <= now).collect();
            due.sort_by_key(|hold| hold.due);
            let due = due.into_iter().take(MOST_DUE).map(|hold| Group::held(hold, true));
            let mut groups: BTreeMap<_, _> = due.map(|group| (group.hold.subject.clone(), group)).collect();
            let mut cursor = self.cursor();
            if !self.is_at_end && self.holds.len() < MOST_HELD {
                let page = self.store.list_events(cursor, PAGE, &self.filter()).await?;
                cursor = page.scanned_to;
                self.is_at_end = !page.has_more;
                for event in page.events {
                    self.add(&mut groups, event);
                }
            }
            if !groups.is_empty() {
                return Ok(Some(Batch { groups: groups.into_values().collect(), cursor, is_probe: false }));
            }
            self.state.cursor = Some(cursor);
            if self.is_at_end || self.holds.len() >= MOST_HELD {
                return Ok(None);
            }
            if Instant::now() >= self.deadline {
                // More of the log is left.
                return Ok(Some(Batch { groups: Vec::new(), cursor, is_probe: false }));
            }
        }
    }

    /// Returns the one attempt of a step during an outage: the first event of a subject without failures, or the one that was tried the
    /// longest ago. Events before it only wait.
    async fn probe(&mut self) -> Result<Option<Batch>, AppError> {
        let mut batch = self.probe_fresh().await?;
        if batch.groups.iter().any(|group| group.is_due) {
            return Ok(Some(batch));
        }
        let Some(hold) = self.holds.values().min_by_key(|hold| hold.tried_at) else {
            // Nothing shows whether the endpoint has recovered.
            self.state.forget_outage();
            return Ok(Some(Batch { is_probe: false, ..batch }));
        };
        match batch.groups.iter_mut().find(|group| group.hold.subject == hold.subject) {
            Some(group) => group.is_due = true,
            None => batch.groups.push(Group::held(hold, true)),
        }
        Ok(Some(batch))
    }

    /// Returns the first event of a subject without failures. The group of that subject is due, if there is one. Events before it only
    /// wait.
    pub(super) async fn probe_fresh(&mut self) -> Result<Batch, AppError> {
        let mut groups = BTreeMap::new();
        let mut cursor = self.cursor();
        if !self.is_at_end && self.holds.len() < MOST_HELD {
            let page = self.store.list_events(cursor, PAGE, &self.filter()).await?;
            cursor = page.scanned_to;
            let mut is_found = false;
            for event in page.events {
                let (sequence, subject) = (event.sequence, DeliverySubject::of(&event));
                is_found = !self.holds.contains_key(&subject);
                self.add(&mut groups, event);
                if is_found {
                    cursor = sequence;
                    break;
                }
            }
            self.is_at_end = !page.has_more && !is_found;
        }
        Ok(Batch { groups: groups.into_values().collect(), cursor, is_probe: true })
    }

    /// Adds an event to the group of its subject.
    fn add(&self, groups: &mut BTreeMap<DeliverySubject, Group>, event: LoggedEvent) {
        let subject = DeliverySubject::of(&event);
        let group = groups.entry(subject.clone()).or_insert_with(|| match self.holds.get(&subject) {
            Some(hold) => Group::held(hold, false),
            None => Group { hold: Hold::new(subject, self.now()), before: None, events: HashMap::new(), is_due: true },
        });
        group.hold.push(event.sequence);
        let _ = group.events.insert(event.sequence, event);
    }

    /// Returns the filter of the events that the endpoint gets.
    pub(super) fn filter(&self) -> EventFilter {
        EventFilter { types: self.endpoint.fields.event_types.as_slice().to_vec(), conversation_id: None }
    }
}
