string_enum! {
    /// A scope of an API key.
    Scope {
        ReadConversations = "read:conversations",
        WriteConversations = "write:conversations",
        ReadFiles = "read:files",
        WriteFiles = "write:files",
        ReadReplies = "read:replies",
        WriteReplies = "write:replies",
        ReadAutomations = "read:automations",
        WriteAutomations = "write:automations",
        ReadCustomers = "read:customers",
        WriteCustomers = "write:customers",
        ReadWorkspace = "read:workspace",
        WriteWorkspace = "write:workspace",
        ReadKeys = "read:keys",
        WriteKeys = "write:keys",
        ReadAudit = "read:audit",
        ReadEvents = "read:events",
        ReadWebhooks = "read:webhooks",
        WriteWebhooks = "write:webhooks",
    }
}

impl Scope {
    /// Returns the scope that shows what this scope gives access to: a read scope itself, or the one of a write scope.
    #[must_use]
    pub const fn to_read(self) -> Self {
        match self {
            Self::ReadConversations | Self::WriteConversations => Self::ReadConversations,
            Self::ReadFiles | Self::WriteFiles => Self::ReadFiles,
            Self::ReadReplies | Self::WriteReplies => Self::ReadReplies,
            Self::ReadAutomations | Self::WriteAutomations => Self::ReadAutomations,
            Self::ReadCustomers | Self::WriteCustomers => Self::ReadCustomers,
            Self::ReadWorkspace | Self::WriteWorkspace => Self::ReadWorkspace,
            Self::ReadKeys | Self::WriteKeys => Self::ReadKeys,
            Self::ReadAudit => Self::ReadAudit,
            Self::ReadEvents => Self::ReadEvents,
            Self::ReadWebhooks | Self::WriteWebhooks => Self::ReadWebhooks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn webhook_scopes_do_not_show_events() {
        assert_eq!(Scope::WriteWebhooks.to_read(), Scope::ReadWebhooks);
        assert_eq!(Scope::ReadEvents.to_read(), Scope::ReadEvents);
    }
}
