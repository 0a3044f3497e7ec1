//! Skips and counts the rows of a list, for pages by offset.
//!
//! DynamoDB has no offsets: a row that is skipped or counted costs as much as one that is read. Only positions are returned, so that a
//! response has up to 1 MB of rows. All partitions of a list are read at once, up to the skipped row and little more.

use std::time::Duration;

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::Select};
use deskless_domain::{Field, Invalid, InvalidField, MessageId, Order};
use futures_util::future::try_join_all;
use tokio::time::Instant;

use crate::{StoreError, Work, conversation::precedes, item::Item};

/// The maximum number of rows that are evaluated to count the rows of a list.
pub(crate) const MOST_COUNTED: usize = 10_000;
/// The minimum number of rows that are evaluated to count the rows of a list beyond that, so that its total is more than the page.
pub(crate) const MIN_COUNTED: usize = 200;
/// The time in which rows are skipped and counted. A request ends after 13 seconds.
const TIME: Duration = Duration::from_secs(8);
/// The maximum number of rows that are evaluated to skip rows, if filters leave some of them out.
const MOST_EVALUATED: usize = 50_000;
/// The minimum number of rows that one query evaluates.
const MIN_BATCH: usize = 10;
/// The maximum number of rows that one query evaluates. Most queries end at 1 MB before.
const MAX_BATCH: usize = 10_000;

/// The rows of a list: partitions that are sorted by the same positions.
pub(crate) trait Rows {
    /// The attributes that [`Rows::position`] needs.
    const PROJECTION: &'static str;
    /// The number of rows that count as one record against rate limits. More than one for rows that are only keys.
    const ROWS_OF_A_RECORD: usize = 1;

    /// Returns the order of the list.
    fn order(&self) -> Order;

    /// Returns the number of partitions.
    fn partitions(&self) -> usize;

    /// Returns the query of a partition after a position; `None` if nothing can follow.
    fn request(&self, partition: usize, reached: Option<MessageId>) -> Option<QueryFluentBuilder>;

    /// Returns the position of a row, or of the last key of a query.
    fn position(item: &Item) -> Option<MessageId>;
}

/// The progress in one partition.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    reached: Option<MessageId>,
    exhausted: bool,
}

/// The end of the skipped rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// The position of the last skipped row; `None` if none were to be skipped.
    To(Option<MessageId>),
    /// The list has only this number of rows, no more than were to be skipped.
    All(usize),
}

/// The number of rows in the rest of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    pub count: usize,
    /// Whether the list was read to its end.
    pub is_complete: bool,
}

/// What a query returns of the rows that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Return {
    Positions,
    Number,
}

struct Output {
    items: Vec<Item>,
    matched: usize,
    evaluated: usize,
    reached: Option<MessageId>,
}

/// Skips and counts rows, within the time of a request.
pub(crate) struct Scan<'a, R> {
    rows: R,
    work: &'a Work,
    bound: ScanBound,
}

/// The bound of the time and the rows of a scan.
#[derive(Debug)]
pub(crate) struct ScanBound {
    end: Instant,
    evaluated: usize,
}

impl ScanBound {
    pub fn new() -> Self {
        Self { end: Instant::now() + TIME, evaluated: 0 }
    }

    /// Adds rows that were evaluated.
    pub fn add(&mut self, rows: usize) {
        self.evaluated += rows;
    }

    /// Returns an error when the scan has taken as much time or as many rows as it may.
    pub fn check(&self) -> Result<(), StoreError> {
        if Instant::now() < self.end && self.evaluated < MOST_EVALUATED {
            return Ok(());
        }
        let message = "cannot be reached in the time of a request. Filter by status, customer or assignee, or page with \
                       `cursor` in the list API (GET /api/v1/conversations)";
        Err(StoreError::InvalidField(InvalidField::new(Field::Offset, Invalid::new("too_large", message))))
    }
}

impl<'a, R: Rows> Scan<'a, R> {
    pub fn new(rows: R, work: &'a Work) -> Self {
        Self { rows, work, bound: ScanBound::new() }
    }

    /// Returns the bound of the scan.
    pub fn bound(&mut self) -> &mut ScanBound {
        &mut self.bound
    }

    /// Finds the position of the last of the first `rows` rows.
    ///
    /// # Errors
    /// [`StoreError::InvalidField`] when it cannot be reached in time; when the table does not respond.
    pub async fn skip(&mut self, rows: usize) -> Result<Skipped, StoreError> {
        let Some(last_index) = rows.checked_sub(1) else { return Ok(Skipped::To(None)) };
        let order = self.rows.order();
        let mut partitions = vec![Progress::default(); self.rows.partitions()];
        // In the order of the list. While a row moves to another partition, an index may show it in both.
        let mut found: Vec<MessageId> = Vec::new();
        let mut evaluated = 0;
        loop {
            let last = found.get(last_index).copied();
            let due = due(&partitions, |progress| precedes(order, progress.reached, last));
            if due.is_empty() {
                return Ok(last.map_or(Skipped::All(found.len()), |last| Skipped::To(Some(last))));
            }
            self.bound.check()?;
            // Rows after the frontier can still move back, because others may sort before them.
            let missing = rows - found.partition_point(|&row| is_settled(&partitions, order, row)).min(last_index);
            let wanted = if evaluated == 0 { missing } else { missing * evaluated / found.len().max(1) };
            // In one partition without a filter, the number of rows to read is known.
            let is_known = due.len() == 1 && evaluated == found.len();
            let batch = wanted.div_ceil(due.len()).clamp(if is_known { 1 } else { MIN_BATCH }, MAX_BATCH);
            for (partition, output) in self.round(&partitions, &due, batch, Return::Positions).await? {
                evaluated += output.evaluated;
                for item in &output.items {
                    found.push(R::position(item).ok_or_else(unreadable)?);
                }
                advance(&mut partitions[partition], &output);
            }
            match order {
                Order::Asc => found.sort_unstable(),
                Order::Desc => found.sort_unstable_by(|a, b| b.cmp(a)),
            }
            found.dedup();
        }
    }

    /// Counts the rows after a position, until `most` rows were evaluated or the time is over.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn count_after(&mut self, after: Option<MessageId>, most: usize) -> Result<Rest, StoreError> {
        self.read_after(after, most, Return::Number, &mut Vec::new()).await
    }

    /// Reads the attributes of [`Rows::PROJECTION`] of all rows, until `most` rows were evaluated or the time is over. They are not
    /// sorted.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn positions(&mut self, most: usize) -> Result<(Vec<Item>, Rest), StoreError> {
        let mut items = Vec::new();
        let rest = self.read_after(None, most, Return::Positions, &mut items).await?;
        Ok((items, rest))
    }

    async fn read_after(
        &mut self,
        after: Option<MessageId>,
        most: usize,
        returned: Return,
        items: &mut Vec<Item>,
    ) -> Result<Rest, StoreError> {
        let mut partitions = vec![Progress { reached: after, exhausted: false }; self.rows.partitions()];
        let (mut count, mut left) = (0, most);
        loop {
            let due = due(&partitions, |_| true);
            let is_complete = due.is_empty();
            if is_complete || left == 0 || Instant::now() >= self.bound.end {
                return Ok(Rest { count, is_complete });
            }
            let batch = left.div_ceil(due.len()).min(MAX_BATCH);
            for (partition, output) in self.round(&partitions, &due, batch, returned).await? {
                count += output.matched;
                left = left.saturating_sub(output.evaluated);
                advance(&mut partitions[partition], &output);
                items.extend(output.items);
            }
        }
    }

    /// Queries the partitions that are due, all at once.
    async fn round(
        &mut self,
        partitions: &[Progress],
        due: &[usize],
        batch: usize,
        returned: Return,
    ) -> Result<Vec<(usize, Output)>, StoreError> {
        let queries = due.iter().map(|&partition| {
            let request = self.rows.request(partition, partitions[partition].reached);
            async move { Ok::<_, StoreError>((partition, evaluate::<R>(request, batch, returned).await?)) }
        });
        let outputs = try_join_all(queries).await?;
        let evaluated: usize = outputs.iter().map(|(_, output)| output.evaluated).sum();
        self.work.scan(evaluated.div_ceil(R::ROWS_OF_A_RECORD));
        self.bound.add(evaluated.div_ceil(R::ROWS_OF_A_RECORD));
        Ok(outputs)
    }
}

async fn evaluate<R: Rows>(
    request: Option<QueryFluentBuilder>,
    batch: usize,
    returned: Return,
) -> Result<Output, StoreError> {
    let Some(request) = request else {
        return Ok(Output { items: Vec::new(), matched: 0, evaluated: 0, reached: None });
    };
    let request = request.limit(i32::try_from(batch).unwrap_or(i32::MAX));
    let request = match returned {
        Return::Positions => request.projection_expression(R::PROJECTION),
        Return::Number => request.select(Select::Count),
    };
    let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
    let reached = output.last_evaluated_key().map(|key| R::position(key).ok_or_else(unreadable)).transpose()?;
    Ok(Output {
        matched: usize::try_from(output.count()).unwrap_or(0),
        evaluated: usize::try_from(output.scanned_count()).unwrap_or(0),
        items: output.items.unwrap_or_default(),
        reached,
    })
}

fn due(partitions: &[Progress], is_wanted: impl Fn(&Progress) -> bool) -> Vec<usize> {
    let due = partitions.iter().enumerate().filter(|(_, progress)| !progress.exhausted && is_wanted(progress));
    due.map(|(partition, _)| partition).collect()
}

fn advance(progress: &mut Progress, output: &Output) {
    progress.exhausted = output.reached.is_none();
    progress.reached = output.reached.or(progress.reached);
}

/// Returns whether every partition was read up to this row.
fn is_settled(partitions: &[Progress], order: Order, row: MessageId) -> bool {
    partitions.iter().all(|progress| {
        progress.exhausted || progress.reached.is_some_and(|reached| !precedes(order, Some(reached), Some(row)))
    })
}

fn unreadable() -> StoreError {
    StoreError::Internal("the position of a row cannot be read".to_owned())
}
