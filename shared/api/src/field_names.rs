//! The names that fields of commands have in this API.

use deskless_domain::{Field, InvalidField};

use crate::InvalidRequest;

/// Returns the path of a field in a request body, such as `actions[2].stageId`.
#[must_use]
pub fn path(field: &Field) -> String {
    let name = match field {
        Field::Inbox => "inboxId",
        Field::Assignee => "assigneeId",
        Field::Assistant => "assistantId",
        Field::Pipeline => "pipelineId",
        Field::Stage => "stageId",
        Field::Conversation => "conversationId",
        Field::LastRead => "upTo",
        Field::View => "viewId",
        Field::CustomerEmail => "customerEmail",
        Field::All => "all",
        Field::PredefinedMessage => "predefinedMessageId",
        Field::File => "fileId",
        Field::Attachments => "attachments",
        Field::Body => "body",
        Field::Template => "template",
        Field::Channel => "channel",
        Field::Sender => "from",
        Field::Recipient => "to",
        Field::DeliveryStatus => "deliveryStatus",
        Field::Stages => "stages",
        Field::TagsToAdd => "add",
        Field::TagsToRemove => "remove",
        Field::Event => "eventId",
        Field::Since => "since",
        Field::SinceSequence => "sinceSequence",
        Field::Url => "url",
        Field::Headers => "headers",
        Field::Actions => "actions",
        Field::ExpiresAt => "expiresAt",
        Field::Offset => "offset",
        Field::Limit => "limit",
        Field::Attachment(index) => return format!("attachments[{index}].fileId"),
        Field::StageId(index) => return format!("stages[{index}].id"),
        Field::Action(index, inner) => return format!("actions[{index}].{}", path(inner)),
        Field::Filter(inner) => return format!("filter.{}", path(inner)),
        Field::Condition(inner) => return format!("conditions.{}", path(inner)),
        Field::FirstMessage(inner) => return format!("message.{}", path(inner)),
    };
    name.to_owned()
}

impl From<InvalidField> for InvalidRequest {
    fn from(InvalidField { field, invalid }: InvalidField) -> Self {
        Self::one(path(&field), &invalid)
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::Field;

    use super::path;

    #[test]
    fn nested_fields_have_a_path() {
        assert_eq!(path(&Field::Attachment(3)), "attachments[3].fileId");
        assert_eq!(path(&Field::Action(2, Box::new(Field::Stage))), "actions[2].stageId");
        assert_eq!(path(&Field::FirstMessage(Box::new(Field::Attachment(0)))), "message.attachments[0].fileId");
        assert_eq!(path(&Field::Condition(Box::new(Field::Assignee))), "conditions.assigneeId");
    }
}
