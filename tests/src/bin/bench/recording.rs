//! Records the SDK calls of a request and replays them without our code.
//!
//! Calls are recorded by an SDK interceptor, so that the baseline always matches the code. Replayed calls have another
//! workspace's ID in every key, where the table is in the same state.

use std::{
    collections::HashMap,
    hint::black_box,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef},
    },
    error::BoxError,
    operation::{
        get_item::GetItemInput, put_item::PutItemInput, query::QueryInput,
        transact_write_items::TransactWriteItemsInput, update_item::UpdateItemInput,
    },
    types::AttributeValue,
};
use deskless_domain::{AttemptId, WorkspaceId};
use deskless_runtime::SystemClock;
use futures_util::future::try_join_all;

/// The input of one SDK call.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    Get(Box<GetItemInput>),
    Query(Box<QueryInput>),
    Put(Box<PutItemInput>),
    Update(Box<UpdateItemInput>),
    Transact(Box<TransactWriteItemsInput>),
}

/// The round trips of a request, each with its concurrent calls.
pub type Trips = Vec<Vec<Call>>;

/// Records the calls of a client.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Tape>>);

#[derive(Debug, Default)]
struct Tape {
    trips: Trips,
    in_flight: usize,
}

impl Recorder {
    /// Returns a copy of a client whose calls are recorded.
    pub fn record_through(&self, client: &Client) -> Client {
        Client::from_conf(client.config().to_builder().interceptor(self.clone()).build())
    }

    /// Returns the calls since the last time, without the lookup of the API key, which processes cache.
    pub fn take(&self) -> Trips {
        let mut trips = mem::take(&mut self.tape().trips);
        for trip in &mut trips {
            trip.retain(|call| !call.is_key_lookup());
        }
        trips.retain(|trip| !trip.is_empty());
        trips
    }

    fn tape(&self) -> std::sync::MutexGuard<'_, Tape> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input();
        let call = (input.downcast_ref().map(|input: &GetItemInput| Call::Get(Box::new(input.clone()))))
            .or_else(|| input.downcast_ref().map(|input: &QueryInput| Call::Query(Box::new(input.clone()))))
            .or_else(|| input.downcast_ref().map(|input: &PutItemInput| Call::Put(Box::new(input.clone()))))
            .or_else(|| input.downcast_ref().map(|input: &UpdateItemInput| Call::Update(Box::new(input.clone()))))
            .or_else(|| {
                input.downcast_ref().map(|input: &TransactWriteItemsInput| Call::Transact(Box::new(input.clone())))
            })
            .ok_or("an operation that cannot be replayed")?;
        let mut tape = self.tape();
        if tape.in_flight == 0 {
            tape.trips.push(Vec::new());
        }
        tape.in_flight += 1;
        if let Some(trip) = tape.trips.last_mut() {
            trip.push(call);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut tape = self.tape();
        // A message in the same millisecond as the previous one is refused and retried with another ID. Refused calls
        // are single writes, so the whole trip is removed.
        if !matches!(context.output_or_error(), Some(Ok(_))) {
            tape.trips.pop();
        }
        tape.in_flight = tape.in_flight.saturating_sub(1);
        Ok(())
    }
}

/// Returns the calls for another workspace, with new request tokens.
pub fn relocated(trips: &Trips, from: WorkspaceId, to: WorkspaceId) -> Trips {
    let (from, to) = (from.to_string(), to.to_string());
    let mut trips = trips.clone();
    trips.iter_mut().flatten().for_each(|call| call.relocate(&from, &to));
    trips
}

/// Replays the calls. Every call must succeed.
pub async fn replay(client: &Client, trips: Trips) -> Result<()> {
    for trip in trips {
        try_join_all(trip.into_iter().map(|call| call.send(client))).await?;
    }
    Ok(())
}

/// Returns the items that the calls put.
pub fn puts(trips: Trips) -> impl Iterator<Item = HashMap<String, AttributeValue>> {
    trips.into_iter().flatten().flat_map(|call| match call {
        Call::Put(input) => input.item.into_iter().collect(),
        Call::Transact(input) => {
            let writes = input.transact_items.into_iter().flatten();
            writes.filter_map(|write| write.put).map(|put| put.item).collect()
        }
        _ => Vec::new(),
    })
}

fn relocate(attributes: Option<&mut HashMap<String, AttributeValue>>, from: &str, to: &str) {
    for value in attributes.into_iter().flat_map(HashMap::values_mut) {
        if let AttributeValue::S(text) = value
            && text.contains(from)
        {
            *text = text.replace(from, to);
        }
    }
}

impl Call {
    fn is_key_lookup(&self) -> bool {
        let Self::Get(input) = self else { return false };
        let pk = input.key.as_ref().and_then(|key| key.get("pk"));
        pk.and_then(|pk| pk.as_s().ok()).is_some_and(|pk| pk.starts_with("K#"))
    }

    fn relocate(&mut self, from: &str, to: &str) {
        match self {
            Self::Get(input) => relocate(input.key.as_mut(), from, to),
            Self::Query(input) => relocate(input.expression_attribute_values.as_mut(), from, to),
            Self::Put(input) => relocate(input.item.as_mut(), from, to),
            Self::Update(input) => {
                relocate(input.key.as_mut(), from, to);
                relocate(input.expression_attribute_values.as_mut(), from, to);
            }
            Self::Transact(input) => {
                input.client_request_token = Some(AttemptId::generate(&SystemClock).to_string());
                for write in input.transact_items.iter_mut().flatten() {
                    if let Some(put) = &mut write.put {
                        relocate(Some(&mut put.item), from, to);
                    }
                    if let Some(update) = &mut write.update {
                        relocate(Some(&mut update.key), from, to);
                        relocate(update.expression_attribute_values.as_mut(), from, to);
                    }
                }
            }
        }
    }

    async fn send(self, client: &Client) -> Result<()> {
        match self {
            Self::Get(input) => {
                let request = client.get_item().set_table_name(input.table_name).set_key(input.key);
                black_box(request.set_consistent_read(input.consistent_read).send().await?);
            }
            Self::Query(input) => {
                let request = client
                    .query()
                    .set_table_name(input.table_name)
                    .set_index_name(input.index_name)
                    .set_key_condition_expression(input.key_condition_expression)
                    .set_filter_expression(input.filter_expression)
                    .set_expression_attribute_names(input.expression_attribute_names)
                    .set_expression_attribute_values(input.expression_attribute_values)
                    .set_scan_index_forward(input.scan_index_forward)
                    .set_consistent_read(input.consistent_read)
                    .set_limit(input.limit);
                black_box(request.send().await?);
            }
            Self::Put(input) => {
                let request = client
                    .put_item()
                    .set_table_name(input.table_name)
                    .set_item(input.item)
                    .set_condition_expression(input.condition_expression)
                    .set_expression_attribute_values(input.expression_attribute_values)
                    .set_return_values_on_condition_check_failure(input.return_values_on_condition_check_failure);
                black_box(request.send().await?);
            }
            Self::Update(input) => {
                let request = client
                    .update_item()
                    .set_table_name(input.table_name)
                    .set_key(input.key)
                    .set_update_expression(input.update_expression)
                    .set_condition_expression(input.condition_expression)
                    .set_expression_attribute_names(input.expression_attribute_names)
                    .set_expression_attribute_values(input.expression_attribute_values)
                    .set_return_values(input.return_values)
                    .set_return_values_on_condition_check_failure(input.return_values_on_condition_check_failure);
                black_box(request.send().await?);
            }
            Self::Transact(input) => {
                let request = client.transact_write_items().set_transact_items(input.transact_items);
                black_box(request.set_client_request_token(input.client_request_token).send().await?);
            }
        }
        Ok(())
    }
}
