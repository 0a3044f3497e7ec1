//! The keys of webhook calls that are retried.

use deskless_domain::ConversationId;

use super::{Key, TenantKeys};
use crate::{
    CallKey,
    packed::{pack, unpack},
};

/// A retried call under its conversation.
const RETRIED: &str = "Q#";

impl TenantKeys {
    /// Returns the key of the state of a call that is retried.
    pub fn retried_call(self, call: CallKey) -> Key {
        Key::new(format!("{}#V#Q", self.prefix()), text_of(call))
    }

    /// Returns the key of the body of a call that is retried.
    pub fn retried_body(self, call: CallKey) -> Key {
        Key::new(self.retried_call(call).pk, format!("{}#B", text_of(call)))
    }

    /// Returns the key of the item that names a retried call under its conversation.
    pub fn call_of_conversation(self, conversation: ConversationId, call: CallKey) -> Key {
        Key::new(self.thread(conversation), format!("{RETRIED}{}", text_of(call)))
    }
}

fn text_of(call: CallKey) -> String {
    format!("{}#{}#{}", pack(call.automation), pack(call.execution), call.step)
}

/// Parses the sort key of the item that names a retried call under its conversation.
pub(crate) fn call_of_conversation_sk(sk: &str) -> Option<CallKey> {
    let mut parts = sk.strip_prefix(RETRIED)?.split('#');
    let (automation, execution) = (unpack(parts.next()?)?, unpack(parts.next()?)?);
    let step = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(CallKey { automation, execution, step })
}

#[cfg(test)]
mod tests {
    use deskless_domain::{AutomationId, ConversationId, ExecutionId, WorkspaceId};

    use super::{TenantKeys, call_of_conversation_sk};
    use crate::CallKey;

    #[test]
    fn call_is_known_by_its_key_under_the_conversation() {
        const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
        let keys = TenantKeys(WorkspaceId::parse(ID).expect("an id"));
        let call = CallKey {
            automation: AutomationId::parse(ID).expect("an id"),
            execution: ExecutionId::parse(ID).expect("an id"),
            step: 20,
        };
        let key = keys.call_of_conversation(ConversationId::parse(ID).expect("an id"), call);
        assert_eq!(call_of_conversation_sk(&key.sk), Some(call));
        for other in ["A", "Q#", "Q#a#b#1", "X#a#b", &format!("{}#1", key.sk)] {
            assert_eq!(call_of_conversation_sk(other), None, "{other}");
        }
        let (state, body) = (keys.retried_call(call), keys.retried_body(call));
        assert!(state.pk == body.pk && body.sk == format!("{}#B", state.sk));
    }
}
