//! Ids: a prefix for the kind, and the 32 hexadecimal digits of the UUID.

use std::fmt::Write;

use axum::extract::{FromRequestParts, RawPathParams};
use deskless_api::{ApiState, Code, Problem};
use deskless_domain::{ConversationId, Identifier, MessageId};
use http::request::Parts;

use super::invalid;

const CONVERSATION: &str = "conv_";

/// The prefix of an id that the service gives to an item of a type. Types that it does not know get `item_`.
pub fn prefix(kind: &str) -> &'static str {
    match kind {
        "message" => "msg_",
        "reasoning" => "rs_",
        "function_call" => "fc_",
        "function_call_output" => "fco_",
        "file_search_call" => "fs_",
        "web_search_call" => "ws_",
        "computer_call" => "cu_",
        "computer_call_output" => "cuo_",
        "image_generation_call" => "ig_",
        "code_interpreter_call" => "ci_",
        "local_shell_call" => "lsh_",
        "local_shell_call_output" => "lsho_",
        "shell_call" => "sh_",
        "shell_call_output" => "sho_",
        "apply_patch_call" => "apc_",
        "apply_patch_call_output" => "apco_",
        "mcp_list_tools" => "mcpl_",
        "mcp_approval_request" => "mcpr_",
        "mcp_approval_response" => "mcpa_",
        "mcp_call" => "mcp_",
        "custom_tool_call" => "ctc_",
        "custom_tool_call_output" => "ctco_",
        "tool_search_call" => "tsc_",
        "tool_search_output" => "tso_",
        "compaction" => "cmp_",
        _ => "item_",
    }
}

/// Returns the service's form of a conversation's id.
pub fn of_conversation(id: ConversationId) -> String {
    with_prefix(CONVERSATION, id)
}

/// Returns the service's form of an item's id.
pub fn of_item(kind: &str, id: MessageId) -> String {
    with_prefix(prefix(kind), id)
}

/// Returns the message of an id that this dialect gave to an item, whatever its prefix is.
pub fn message(item: &str) -> Option<MessageId> {
    item.rsplit_once('_').and_then(|(_, digits)| parse(digits))
}

fn with_prefix(prefix: &str, id: impl Identifier) -> String {
    let mut text = prefix.to_owned();
    for byte in id.to_bytes() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn parse<T: Identifier>(digits: &str) -> Option<T> {
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().map(|bits| T::from_bytes(bits.to_be_bytes()))
}

/// The ids of a path.
#[derive(Debug)]
pub struct Ids {
    /// The conversation.
    pub conversation: ConversationId,
    /// The item, if the path has one.
    pub item: String,
}

impl Ids {
    /// Returns the problem for a conversation that does not exist.
    pub fn no_conversation(&self) -> Problem {
        no_conversation(&of_conversation(self.conversation))
    }

    /// Returns the problem for an item that does not exist.
    pub fn no_item(&self) -> Problem {
        let Self { conversation, item } = self;
        let conversation = of_conversation(*conversation);
        Problem::new(Code::NotFound, format!("Item with id '{item}' not found in conversation '{conversation}'."))
    }
}

fn no_conversation(id: &str) -> Problem {
    Problem::new(Code::NotFound, format!("Conversation with id '{id}' not found."))
}

impl FromRequestParts<ApiState> for Ids {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let mut values = parameters.iter().map(|(_, value)| value);
        let conversation = values.next().unwrap_or_default();
        let item = values.next().unwrap_or_default().to_owned();
        let Some(digits) = conversation.strip_prefix(CONVERSATION) else {
            return Err(invalid::prefix("conversation_id", conversation, "conv").into());
        };
        let conversation = parse(digits).ok_or_else(|| no_conversation(conversation))?;
        Ok(Self { conversation, item })
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::MessageId;

    use super::{message, of_item};

    #[test]
    fn ids_have_one_spelling() {
        let id = MessageId::parse("0197f3a0-1b6a-7e42-9f71-1b9a3f3d2a33").expect("an id");
        let item = of_item("function_call_output", id);
        assert_eq!(item, "fco_0197f3a01b6a7e429f711b9a3f3d2a33");
        assert_eq!(message(&item), Some(id));
        for other in ["fco_0197F3A01B6A7E429F711B9A3F3D2A33", "msg_", "msg_1", "0197f3a01b6a7e429f711b9a3f3d2a33", ""] {
            assert_eq!(message(other), None, "{other}");
        }
    }
}
