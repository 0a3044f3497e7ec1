//! The order of a list of conversations, and its cursors.

use deskless_api::{CursorScope, InvalidRequest, Problem};
use deskless_app::conversations::{ChangePosition, Position, Walk};
use deskless_domain::{
    ConversationFilter, ConversationId, ConversationSort, Identifier, Invalid, MessageId, Order, Timestamp, WorkspaceId,
};

/// How far back `updatedAfter` reaches: as long as the change log is kept.
const MAX_AGE_DAYS: i64 = 30;

/// The parameters that decide on the order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestedOrder {
    pub sort: Option<ConversationSort>,
    pub order: Option<Order>,
    pub updated_after: Option<Timestamp>,
    pub created_before: Option<Timestamp>,
    pub has_cursor: bool,
}

fn is_too_old(time: Timestamp, now: Timestamp) -> bool {
    time < now.plus_seconds(-MAX_AGE_DAYS * 24 * 60 * 60)
}

/// The order of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ListOrder {
    /// By activity.
    Activity(Order),
    /// By creation.
    Creation(Order),
    /// By change, from this time on.
    Change(Timestamp),
}

impl ListOrder {
    /// Returns the order.
    ///
    /// # Errors
    /// `invalid_request` when `updatedAfter` is too old, or combined with `sort` or `order`.
    pub fn of(requested: &RequestedOrder, now: Timestamp) -> Result<Self, Problem> {
        let RequestedOrder { sort, order, updated_after, created_before, .. } = *requested;
        if let Some(time) = updated_after {
            return Self::of_changes(requested, time, now);
        }
        let order = order.unwrap_or(Order::Desc);
        let default = if created_before.is_some() { ConversationSort::CreatedAt } else { ConversationSort::Activity };
        Ok(match sort.unwrap_or(default) {
            ConversationSort::Activity => Self::Activity(order),
            ConversationSort::CreatedAt => Self::Creation(order),
        })
    }

    fn of_changes(requested: &RequestedOrder, time: Timestamp, now: Timestamp) -> Result<Self, Problem> {
        let combined = [("sort", requested.sort.is_some()), ("order", requested.order.is_some())];
        if let Some((field, _)) = combined.into_iter().find(|(_, is_set)| *is_set) {
            let invalid = Invalid::new("invalid", "cannot be combined with `updatedAfter`: leave one of them out");
            return Err(InvalidRequest::one(field, &invalid).into());
        }
        if !requested.has_cursor && is_too_old(time, now) {
            let message =
                "must be within the last 30 days. To read older conversations, walk the list with `sort=createdAt`";
            return Err(InvalidRequest::one("updatedAfter", &Invalid::new("too_old", message)).into());
        }
        Ok(Self::Change(time))
    }
}

/// The cursors of one list.
pub(crate) struct ListCursors {
    scope: CursorScope,
    order: ListOrder,
}

impl ListCursors {
    /// Binds cursors to the filters themselves, so that a cursor of a saved view becomes invalid when its filter is updated.
    pub fn new(workspace: WorkspaceId, filters: &[ConversationFilter], order: ListOrder) -> Self {
        let filters = serde_json::to_string(filters).unwrap_or_default();
        let (sort, order_or_time) = match order {
            ListOrder::Activity(order) => ("conversations", order.as_str().to_owned()),
            ListOrder::Creation(order) => ("conversations by creation", order.as_str().to_owned()),
            ListOrder::Change(time) => ("conversations by change", time.to_string()),
        };
        Self { scope: CursorScope::new(workspace, &[sort, &order_or_time, &filters]), order }
    }

    /// Returns where the page starts.
    ///
    /// # Errors
    /// `invalid_cursor` when the cursor is damaged or belongs to another list; `invalid_request` when its position in the log
    /// of changes is older than 31 days.
    pub fn walk(&self, cursor: Option<&str>, now: Timestamp) -> Result<Walk, Problem> {
        Ok(match (self.order, cursor) {
            (ListOrder::Activity(order), None) => Walk::ByActivity(order, None),
            (ListOrder::Activity(order), Some(cursor)) => {
                let [frontier, until] = self.scope.decode_ids(cursor)?;
                let until = (order == Order::Asc).then_some(until);
                Walk::ByActivity(order, Some(Position { frontier, until }))
            }
            (ListOrder::Creation(order), None) => Walk::ByCreation(order, None),
            (ListOrder::Creation(order), Some(cursor)) => {
                let [reached] = self.scope.decode_ids(cursor)?;
                Walk::ByCreation(order, Some(ConversationId::from_bytes(reached.to_bytes())))
            }
            (ListOrder::Change(time), None) => Walk::ByChange(ChangePosition::after(time)),
            (ListOrder::Change(_), Some(cursor)) => {
                let [entry, returned] = self.scope.decode_ids(cursor)?;
                let returned = u32::try_from(u128::from_be_bytes(returned.to_bytes()));
                let returned = returned.map_err(|_| CursorScope::invalid_cursor())?;
                // A day more than for a first request, which begins a little earlier than its time.
                if is_too_old(entry.time().plus_seconds(24 * 60 * 60), now) {
                    let message = "is older than 31 days. Walk the list with `sort=createdAt`, and start again";
                    return Err(InvalidRequest::one("cursor", &Invalid::new("too_old", message)).into());
                }
                Walk::ByChange(ChangePosition { entry, returned })
            }
        })
    }

    /// Encodes a position.
    pub fn encode(&self, walk: Walk) -> String {
        match walk {
            Walk::ByActivity(_, None) | Walk::ByCreation(_, None) => self.scope.encode_ids(&[]),
            Walk::ByActivity(_, Some(Position { frontier, until })) => {
                self.scope.encode_ids(&[frontier, until.unwrap_or(frontier)])
            }
            Walk::ByCreation(_, Some(reached)) => self.scope.encode_ids(&[MessageId::from(reached)]),
            Walk::ByChange(ChangePosition { entry, returned }) => {
                let returned = MessageId::from_bytes(u128::from(returned).to_be_bytes());
                self.scope.encode_ids(&[entry, returned])
            }
        }
    }
}
