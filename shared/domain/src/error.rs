use crate::nearest;

/// Why a value is invalid.
///
/// `message` is a predicate without a subject, such as "must be at most 500 characters; it has 612". The caller adds the
/// field's name before it and a full stop after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// A stable code for programs, such as `required`, `too_long` or `invalid`.
    pub code: &'static str,
    /// A predicate for people.
    pub message: String,
}

impl Invalid {
    /// Creates an error from its code and its predicate.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Creates the error for a value that is not one of `known`. It suggests the nearest known value, if one is close.
    #[must_use]
    pub fn unknown_value(value: &str, known: &[&str]) -> Self {
        let suggestion = nearest(value, known).map(|nearest| format!(". Did you mean `{nearest}`?"));
        let suggestion = suggestion.unwrap_or_default();
        let message = match known {
            [only] => format!("must be {only}{suggestion}"),
            _ => format!("must be one of {}{suggestion}", known.join(", ")),
        };
        Self::new("unknown_value", message)
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

/// A field of a command. The HTTP edge maps it to the field's name in the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// The inbox of a conversation.
    Inbox,
    /// The member to whom a conversation is assigned.
    Assignee,
    /// The assistant that answers in a conversation.
    Assistant,
    /// The pipeline of a conversation.
    Pipeline,
    /// The pipeline stage of a conversation.
    Stage,
    /// The conversation.
    Conversation,
    /// The email address of a filter.
    CustomerEmail,
    /// The last message that was read.
    LastRead,
    /// The saved view.
    View,
    /// Whether a bulk action applies to all conversations.
    All,
    /// The predefined message.
    PredefinedMessage,
    /// The file.
    File,
    /// All attachments of a message.
    Attachments,
    /// The file of one attachment, by its index.
    Attachment(usize),
    /// The text of a message.
    Body,
    /// The template of a provider.
    Template,
    /// The channel of a conversation.
    Channel,
    /// The sender's address with a provider.
    Sender,
    /// The recipient's address with a provider.
    Recipient,
    /// The reported delivery status.
    DeliveryStatus,
    /// All stages of a pipeline.
    Stages,
    /// The id of one stage of a pipeline, by its index.
    StageId(usize),
    /// The tags to add.
    TagsToAdd,
    /// The tags to remove.
    TagsToRemove,
    /// The expiry time of an API key.
    ExpiresAt,
    /// The number of rows to skip in a list by offset.
    Offset,
    /// The page size of a list by offset.
    Limit,
    /// An event of the log.
    Event,
    /// The time from which events are sent again.
    Since,
    /// The sequence from which events are sent again.
    SinceSequence,
    /// The URL of a webhook endpoint.
    Url,
    /// The headers of a webhook endpoint.
    Headers,
    /// All actions of an automation.
    Actions,
    /// A field of one action of an automation, by the action's index.
    Action(usize, Box<Self>),
    /// A field of a bulk action's filter.
    Filter(Box<Self>),
    /// A field of an automation's conditions.
    Condition(Box<Self>),
    /// A field of the first message of a new conversation.
    FirstMessage(Box<Self>),
}

/// Why a field of a command is invalid, for checks that involve other fields or the stored state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidField {
    /// The field.
    pub field: Field,
    /// The error.
    pub invalid: Invalid,
}

impl InvalidField {
    /// Creates an error for one field.
    #[must_use]
    pub fn new(field: Field, invalid: Invalid) -> Self {
        Self { field, invalid }
    }

    /// Returns the same error, for a field that is nested in another one.
    #[must_use]
    pub fn within(self, outer: impl FnOnce(Box<Field>) -> Field) -> Self {
        Self { field: outer(Box::new(self.field)), ..self }
    }
}
