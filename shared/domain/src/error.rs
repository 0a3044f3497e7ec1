/// Why a value is not allowed.
///
/// `message` is a predicate without its subject ("must be at most 500 characters; it has 612"), so that whoever knows the
/// field's name can put it in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// A stable word for programs: `required`, `too_long`, `invalid` and so on.
    pub code: &'static str,
    /// A predicate for people.
    pub message: String,
}

impl Invalid {
    /// Builds an error from its code and its predicate.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "it {}", self.message)
    }
}

impl std::error::Error for Invalid {}

/// A field of a command. Whoever speaks a wire format maps it to the name that the field has there.
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
    /// The conversation that the command is about.
    Conversation,
    /// The last message that was read.
    LastRead,
    /// The saved view.
    View,
    /// The predefined message.
    PredefinedMessage,
    /// The file.
    File,
    /// All attachments of a message.
    Attachments,
    /// The file of one attachment, by its index.
    Attachment(usize),
    /// The delivery status that a provider reports.
    DeliveryStatus,
    /// All stages of a pipeline.
    Stages,
    /// The id of one stage of a pipeline, by its index.
    StageId(usize),
    /// The tags to add.
    TagsToAdd,
    /// The tags to remove.
    TagsToRemove,
    /// All actions of an automation.
    Actions,
    /// A field of one action of an automation, by the action's index.
    Action(usize, Box<Self>),
    /// A field of an automation's conditions.
    Condition(Box<Self>),
    /// A field of the first message of a new conversation.
    FirstMessage(Box<Self>),
}

/// Why a field of a command is not allowed: for values that can only be judged beside each other or beside what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidField {
    /// The field.
    pub field: Field,
    /// What is wrong with it.
    pub invalid: Invalid,
}

impl InvalidField {
    /// Builds an error for one field.
    #[must_use]
    pub fn new(field: Field, invalid: Invalid) -> Self {
        Self { field, invalid }
    }

    /// The same error, for a field that is nested in another one.
    #[must_use]
    pub fn within(self, outer: impl FnOnce(Box<Field>) -> Field) -> Self {
        Self { field: outer(Box::new(self.field)), ..self }
    }
}
