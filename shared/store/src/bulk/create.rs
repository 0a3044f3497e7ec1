use deskless_domain::{
    BulkAction, BulkActionId, BulkSelection, BulkStatus, BulkTarget, ConversationId, NewBulkAction, Timestamp,
};

use super::item::{BulkItem, ChunkItem, JOB, ListingItem, Rest, Walk, expiry};
use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    item::{self, Item},
    transaction::{ABSENT, Outcome, Transaction},
};

impl TenantStore {
    /// AP-72: makes a bulk action, with its place in the list and, of more than a hundred ids, the later ones in rows of
    /// their own. From here on the table's stream calls for its steps.
    ///
    /// AP-76: a dry run is counted here, and kept as one that has ended.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn create_bulk_action(
        &self,
        new: NewBulkAction,
        repeat: Option<Repeat<'_, BulkAction>>,
    ) -> Result<Once<BulkAction>, StoreError> {
        if let Some(answer) = self.replay(repeat.as_ref()).await? {
            return Ok(Once::Replayed(answer));
        }
        let id = BulkActionId::generate(self.clock());
        let (item, chunks) = self.begin(id, new).await?;
        let mut rows = vec![
            item::write(self.keys().bulk_action(id), &item)?,
            item::write(self.keys().bulk_listing(id), &ListingItem { expires_at: item.expires_at })?,
        ];
        for (number, ids) in (1..).zip(chunks) {
            let chunk = ChunkItem { ids, expires_at: item.expires_at };
            rows.push(item::write(self.keys().bulk_ids(id, number), &chunk)?);
        }
        let action = item.into_action(id);
        let mut backoff = Backoff::new(self.clock());
        loop {
            let mut transaction = self.all_new(&rows)?;
            if let Some(repeat) = &repeat {
                self.remember(&mut transaction, repeat, &action)?;
            }
            if let Outcome::Committed = transaction.commit(self, &mut backoff).await? {
                return Ok(Once::Done(action));
            }
            // Nobody else has this id: it is the record that is there.
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("a record of an earlier answer keeps changing".to_owned()));
            }
        }
    }

    fn all_new(&self, rows: &[Item]) -> Result<Transaction, StoreError> {
        let mut transaction = Transaction::default();
        for row in rows {
            transaction.put(self, row.clone(), Some(ABSENT))?;
        }
        Ok(transaction)
    }

    /// The item of a new action, and the ids that it does not hold itself.
    async fn begin(
        &self,
        id: BulkActionId,
        new: NewBulkAction,
    ) -> Result<(BulkItem, Vec<Vec<ConversationId>>), StoreError> {
        let counted = if new.dry_run { Some(self.dry_run(&new).await?) } else { None };
        let mut chunks = Vec::new();
        let (mut plan, mut matched) = (Vec::new(), 0);
        let (target, rest) = match new.selection {
            BulkSelection::Ids(ids) => {
                matched = ids.as_slice().len() as u64;
                let mut all = ids.as_slice().chunks(BulkAction::AT_ONCE).map(<[_]>::to_vec);
                plan = all.next().unwrap_or_default();
                chunks.extend(all.take_while(|_| !new.dry_run));
                let last = u8::try_from(chunks.len()).unwrap_or(u8::MAX);
                (BulkTarget::Ids, (last > 0).then_some(Rest::Chunks(1, last)))
            }
            BulkSelection::Filter(filter) => (BulkTarget::Filter(Box::new(filter)), Some(Rest::List(Walk::default()))),
            BulkSelection::View(view, filter) => {
                (BulkTarget::View(view, Box::new(filter)), Some(Rest::List(Walk::default())))
            }
        };
        let mut item = BulkItem {
            action: new.action,
            exact: target == BulkTarget::Ids,
            target,
            dry_run: new.dry_run,
            status: BulkStatus::Queued,
            matched,
            processed: 0,
            failed: 0,
            failures: Vec::new(),
            cancelled_at: None,
            finished_at: None,
            version: 1,
            key_id: new.key,
            read_shards: self.shards().read,
            write_shards: self.shards().write,
            expires_at: expiry(id.time()),
            job: Some(JOB.to_owned()),
            step: 0,
            plan,
            rest,
        };
        if let Some(counted) = counted {
            (item.matched, item.exact) = (counted.matched, counted.exact);
            item.failed = counted.failed;
            item.failures = counted.failures;
            item.end(BulkStatus::Succeeded, Timestamp::from_millis(id.time().as_millis()));
        }
        Ok((item, chunks))
    }
}
