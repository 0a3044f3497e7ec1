use aws_sdk_dynamodb::types::Select;
use deskless_domain::{ConversationId, MessageId, MessageType, Role};

use super::item::attributes;
use crate::{StoreError, TenantStore, expression::text};

/// The maximum number of queries of one count. Each evaluates at most 1,000 messages and 1 MB.
const MAX_PAGES: usize = 10;
/// The maximum number of messages that one query evaluates.
const PAGE_SIZE: i32 = 1000;

/// The number of a customer's replies in a part of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyCount {
    /// The number.
    pub count: u64,
    /// Whether the whole part was counted. If not, the number is a lower bound.
    pub is_exact: bool,
}

impl TenantStore {
    /// AP-60: counts the customer's replies after a message (`None` for all), up to and including another one (`None` for
    /// the newest). Evaluates at most 10,000 messages or 10 MB, strongly consistent. The response has no messages.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn count_customer_replies(
        &self,
        conversation: ConversationId,
        after: Option<MessageId>,
        up_to: Option<MessageId>,
    ) -> Result<ReplyCount, StoreError> {
        let at = |id| self.keys().message(conversation, id).sk;
        // BETWEEN includes both ends: '!' sorts before every digit, '~' after every letter.
        let from = format!("{}!", at(after.unwrap_or(MessageId::FIRST)));
        let to = up_to.map_or_else(|| format!("{}~", at(MessageId::LAST)), at);
        let mut count = 0;
        let mut start = None;
        for _ in 0..MAX_PAGES {
            let output = self
                .client()
                .query()
                .table_name(self.table())
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .filter_expression("#role = :user AND #type = :reply")
                .expression_attribute_names("#role", attributes::ROLE)
                .expression_attribute_names("#type", attributes::KIND)
                .expression_attribute_values(":user", text(Role::User))
                .expression_attribute_values(":reply", text(MessageType::Reply))
                .expression_attribute_values(":pk", text(self.keys().conversation(conversation).pk))
                .expression_attribute_values(":from", text(&from))
                .expression_attribute_values(":to", text(&to))
                .select(Select::Count)
                .consistent_read(true)
                .limit(PAGE_SIZE)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|e| StoreError::from_sdk(&e))?;
            self.work().read(usize::try_from(output.scanned_count()).unwrap_or(0));
            count += u64::try_from(output.count()).unwrap_or(0);
            start = output.last_evaluated_key;
            if start.is_none() {
                return Ok(ReplyCount { count, is_exact: true });
            }
        }
        Ok(ReplyCount { count, is_exact: false })
    }
}
