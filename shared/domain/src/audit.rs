//! The audit log: who changed settings, deleted data or exported it.

use crate::{
    AuditEntryId, AutomationId, BulkActionId, DeletionReason, KeyId, Kind, Scope, Timestamp, Title,
    vocabulary::string_enum,
};

string_enum! {
    /// What happened.
    AuditAction {
        ApiKeyCreated = "api_key.created",
        ApiKeyUpdated = "api_key.updated",
        ApiKeyRevoked = "api_key.revoked",
        AssistantCreated = "assistant.created",
        AssistantUpdated = "assistant.updated",
        AssistantArchived = "assistant.archived",
        AutomationCreated = "automation.created",
        AutomationUpdated = "automation.updated",
        AutomationDeleted = "automation.deleted",
        ConversationDeleted = "conversation.deleted",
        CustomerErased = "customer.erased",
        FileDeleted = "file.deleted",
        IdentitySecretRotated = "identity_secret.rotated",
        InboxCreated = "inbox.created",
        InboxUpdated = "inbox.updated",
        InboxArchived = "inbox.archived",
        MemberCreated = "member.created",
        MemberUpdated = "member.updated",
        MemberArchived = "member.archived",
        MessageDeleted = "message.deleted",
        PipelineCreated = "pipeline.created",
        PipelineUpdated = "pipeline.updated",
        PipelineArchived = "pipeline.archived",
        PredefinedMessageCreated = "predefined_message.created",
        PredefinedMessageUpdated = "predefined_message.updated",
        PredefinedMessageDeleted = "predefined_message.deleted",
        ViewCreated = "view.created",
        ViewUpdated = "view.updated",
        ViewDeleted = "view.deleted",
        WebhookEndpointCreated = "webhook_endpoint.created",
        WebhookEndpointUpdated = "webhook_endpoint.updated",
        WebhookEndpointDeleted = "webhook_endpoint.deleted",
        WorkspaceCreated = "workspace.created",
        WorkspaceUpdated = "workspace.updated",
        WorkspaceExported = "workspace.exported",
        WorkspaceRecounted = "workspace.recounted",
        WorkspacePurged = "workspace.purged",
        WorkspaceDeleted = "workspace.deleted",
    }
}

string_enum! {
    /// The type of an object in the audit log.
    AuditObjectType {
        ApiKey = "api_key",
        Assistant = "assistant",
        Automation = "automation",
        Conversation = "conversation",
        Customer = "customer",
        File = "file",
        IdentitySecret = "identity_secret",
        Inbox = "inbox",
        Member = "member",
        Message = "message",
        Pipeline = "pipeline",
        PredefinedMessage = "predefined_message",
        View = "view",
        WebhookEndpoint = "webhook_endpoint",
        Workspace = "workspace",
    }
}

string_enum! {
    /// The type of an actor. `operator` is the `deskless` command.
    AuditActorType {
        ApiKey = "api_key",
        Automation = "automation",
        BulkAction = "bulk_action",
        Operator = "operator",
        System = "system",
    }
}

/// What happened to a resource of a small collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceEvent {
    /// It was created.
    Created,
    /// It was updated.
    Updated,
    /// It was deleted, or archived if conversations may refer to it.
    Deleted,
}

impl AuditAction {
    /// Returns the action of an event of a resource.
    #[must_use]
    pub const fn of(kind: Kind, event: ResourceEvent) -> Self {
        let [created, updated, deleted] = match kind {
            Kind::Assistant => [Self::AssistantCreated, Self::AssistantUpdated, Self::AssistantArchived],
            Kind::Automation => [Self::AutomationCreated, Self::AutomationUpdated, Self::AutomationDeleted],
            Kind::Inbox => [Self::InboxCreated, Self::InboxUpdated, Self::InboxArchived],
            Kind::Member => [Self::MemberCreated, Self::MemberUpdated, Self::MemberArchived],
            Kind::Pipeline => [Self::PipelineCreated, Self::PipelineUpdated, Self::PipelineArchived],
            Kind::PredefinedMessage => {
                [Self::PredefinedMessageCreated, Self::PredefinedMessageUpdated, Self::PredefinedMessageDeleted]
            }
            Kind::View => [Self::ViewCreated, Self::ViewUpdated, Self::ViewDeleted],
            Kind::WebhookEndpoint => {
                [Self::WebhookEndpointCreated, Self::WebhookEndpointUpdated, Self::WebhookEndpointDeleted]
            }
        };
        match event {
            ResourceEvent::Created => created,
            ResourceEvent::Updated => updated,
            ResourceEvent::Deleted => deleted,
        }
    }

    /// Returns the type of the object.
    #[must_use]
    pub fn object_type(self) -> AuditObjectType {
        let (name, _) = self.as_str().split_once('.').unwrap_or_default();
        // A test proves that each action starts with a type.
        AuditObjectType::parse(name).unwrap_or(AuditObjectType::Workspace)
    }
}

/// Who did something that the audit log has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditActor {
    /// The holder of an API key.
    ApiKey {
        /// The key.
        id: KeyId,
        /// The name of the key at that time.
        name: Title,
    },
    /// An automation.
    Automation {
        /// The automation.
        id: AutomationId,
        /// The API key on whose behalf it acts, if that is known.
        key: Option<KeyId>,
    },
    /// A bulk action.
    BulkAction {
        /// The bulk action.
        id: BulkActionId,
        /// The API key that created it.
        key: KeyId,
    },
    /// An operator of the installation, who has the table's credentials.
    Operator,
    /// Deskless itself, in the background.
    System,
}

impl AuditActor {
    /// Returns the type.
    #[must_use]
    pub const fn actor_type(&self) -> AuditActorType {
        match self {
            Self::ApiKey { .. } => AuditActorType::ApiKey,
            Self::Automation { .. } => AuditActorType::Automation,
            Self::BulkAction { .. } => AuditActorType::BulkAction,
            Self::Operator => AuditActorType::Operator,
            Self::System => AuditActorType::System,
        }
    }

    /// Returns the id of the API key, the automation or the bulk action.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        match self {
            Self::ApiKey { id, .. } => Some(id.to_string()),
            Self::Automation { id, .. } => Some(id.to_string()),
            Self::BulkAction { id, .. } => Some(id.to_string()),
            Self::Operator | Self::System => None,
        }
    }

    /// Returns the API key that is responsible: the actor itself, or the key on whose behalf it acts.
    #[must_use]
    pub const fn key(&self) -> Option<KeyId> {
        match self {
            Self::ApiKey { id, .. } => Some(*id),
            Self::Automation { key, .. } => *key,
            Self::BulkAction { key, .. } => Some(*key),
            Self::Operator | Self::System => None,
        }
    }
}

/// What the audit log records of one event. It names fields, and has no values of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// What happened.
    pub action: AuditAction,
    /// The id of the object. Of a customer a digest, because callers choose customers' ids, which can be email addresses.
    pub object_id: Option<String>,
    /// The names of the updated fields.
    pub fields: Vec<String>,
    /// The scopes that an API key was given.
    pub scopes_added: Vec<Scope>,
    /// The scopes that were taken from an API key.
    pub scopes_removed: Vec<Scope>,
    /// The number of a deleted conversation.
    pub number: Option<u64>,
    /// The reason of a deletion.
    pub reason: Option<DeletionReason>,
}

impl AuditEvent {
    /// Creates an event of an object.
    #[expect(clippy::needless_pass_by_value, reason = "ids are passed by value everywhere")]
    pub fn new(action: AuditAction, object_id: impl ToString) -> Self {
        Self {
            action,
            object_id: Some(object_id.to_string()),
            fields: Vec::new(),
            scopes_added: Vec::new(),
            scopes_removed: Vec::new(),
            number: None,
            reason: None,
        }
    }

    /// Returns the same event, with the names of the updated fields.
    #[must_use]
    pub fn with_fields(self, fields: Vec<String>) -> Self {
        Self { fields, ..self }
    }

    /// Returns the same event, with the difference between two lists of scopes.
    #[must_use]
    pub fn with_scopes(self, before: &[Scope], after: &[Scope]) -> Self {
        let only = |these: &[Scope], those: &[Scope]| -> Vec<Scope> {
            these.iter().copied().filter(|scope| !those.contains(scope)).collect()
        };
        Self { scopes_added: only(after, before), scopes_removed: only(before, after), ..self }
    }
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The id.
    pub id: AuditEntryId,
    /// Who did it.
    pub actor: AuditActor,
    /// What happened.
    pub event: AuditEvent,
    /// The id of the request.
    pub request_id: Option<String>,
}

impl AuditEntry {
    /// Returns the time, from the id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }
}

/// A filter of the audit log. All parts must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The type of the actor.
    pub actor_type: Option<AuditActorType>,
    /// The id of the actor, or of the API key on whose behalf it acts.
    pub actor_id: Option<String>,
    /// What happened.
    pub action: Option<AuditAction>,
    /// The type of the object.
    pub object_type: Option<AuditObjectType>,
    /// The id of the object.
    pub object_id: Option<String>,
    /// Entries at or after this time.
    pub created_after: Option<Timestamp>,
    /// Entries before this time.
    pub created_before: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::{AuditAction, AuditEvent, AuditObjectType};
    use crate::Scope;

    #[test]
    fn each_action_starts_with_an_object_type() {
        for action in AuditAction::ALL {
            let (name, _) = action.as_str().split_once('.').expect("a dot");
            assert_eq!(AuditObjectType::parse(name).expect("a type"), action.object_type());
        }
    }

    #[test]
    fn scopes_are_compared() {
        let (files, keys) = (Scope::ReadFiles, Scope::ReadKeys);
        let event = AuditEvent::new(AuditAction::ApiKeyUpdated, "x").with_scopes(&[files], &[keys]);
        assert_eq!((event.scopes_added, event.scopes_removed), (vec![keys], vec![files]));
    }
}
