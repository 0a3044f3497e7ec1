use std::time::Duration;

use deskless_domain::{
    ActionFailure, BulkAction, BulkFailure, BulkSelection, Conversation, ConversationFilter, ConversationId,
    NewBulkAction, Order,
};
use futures_util::future::try_join_all;
use tokio::time::Instant;

use crate::{Position, StoreError, TenantStore, batch, conversation::Found};

/// The most conversations that a dry run counts. Whoever has more knows enough.
const MOST_COUNTED: u64 = 10_000;
/// How many are looked at in one go.
const PAGE: usize = 400;
/// A filter that hardly lets anything through is looked at for so long: somebody waits for the answer.
const PATIENCE: Duration = Duration::from_secs(6);

/// What a dry run has found.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub matched: u64,
    /// Whether these are all.
    pub exact: bool,
    pub failed: u64,
    pub failures: Vec<BulkFailure>,
}

impl Counted {
    fn fail(&mut self, id: ConversationId, code: ActionFailure) {
        self.failed += 1;
        if self.failures.len() < BulkAction::MOST_FAILURES {
            self.failures.push(BulkFailure { id, code });
        }
    }

    fn look(&mut self, new: &NewBulkAction, conversation: &Conversation) {
        self.matched += 1;
        if let Err(code) = new.action.effect(conversation) {
            self.fail(conversation.id, code);
        }
    }
}

impl TenantStore {
    /// What an action would do as things are: how many conversations it would meet, and where it would not be possible.
    pub(super) async fn dry_run(&self, new: &NewBulkAction) -> Result<Counted, StoreError> {
        match &new.selection {
            BulkSelection::Ids(ids) => self.try_ids(new, ids.as_slice()).await,
            BulkSelection::Filter(filter) | BulkSelection::View(_, filter) => self.try_filter(new, filter).await,
        }
    }

    async fn try_ids(&self, new: &NewBulkAction, ids: &[ConversationId]) -> Result<Counted, StoreError> {
        let batches = ids.chunks(batch::MOST).map(|ids| self.read_conversations(ids));
        let found: Vec<_> = try_join_all(batches).await?;
        let mut counted = Counted { exact: true, ..Counted::default() };
        for (ids, found) in ids.chunks(batch::MOST).zip(found) {
            for &id in ids {
                if let Some(found) = found.get(&id).cloned().map(Found::read).transpose()?.flatten() {
                    counted.look(new, &found.conversation);
                } else {
                    counted.matched += 1;
                    counted.fail(id, ActionFailure::NotFound);
                }
            }
        }
        Ok(counted)
    }

    async fn try_filter(&self, new: &NewBulkAction, filter: &ConversationFilter) -> Result<Counted, StoreError> {
        let began = Instant::now();
        let mut counted = Counted::default();
        let mut after: Option<Position> = None;
        while counted.matched < MOST_COUNTED && began.elapsed() < PATIENCE {
            let (rows, next) = self.find(std::slice::from_ref(filter), Order::Asc, after, PAGE).await?;
            for row in &rows {
                counted.look(new, &row.conversation);
            }
            if next.is_none() {
                return Ok(Counted { exact: true, ..counted });
            }
            after = next;
        }
        Ok(counted)
    }
}
