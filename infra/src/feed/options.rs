use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use deskless_domain::{ConversationId, EventId, EventType, Invalid};

/// Options of every command that reads the event feed.
// A group for clap would have the name of the struct, which the options of the API have too.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Options {
    /// Start after this event: the ID of an event, or `nextCursor` of the feed. Takes precedence over a cursor file [default: only new
    /// events]
    #[arg(long, value_name = "CURSOR", value_parser = cursor, conflicts_with = "from_start")]
    after: Option<EventId>,
    /// Start with the oldest event that is kept.
    #[arg(long)]
    from_start: bool,
    /// Event type, such as `message.created`. Repeat or separate with commas [default: all]
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_parser = event_type)]
    types: Vec<EventType>,
    /// ID of a conversation, to read only its events.
    #[arg(long, value_name = "ID", value_parser = conversation_id)]
    conversation: Option<ConversationId>,
    /// File that keeps the position: the last event that was printed or forwarded, or left out by a filter. If it exists, the command
    /// continues there.
    #[arg(long, value_name = "PATH")]
    cursor_file: Option<PathBuf>,
}

fn cursor(text: &str) -> Result<EventId, String> {
    EventId::parse(text).ok_or_else(|| "must be the ID of an event, or `nextCursor` of the feed".to_owned())
}

fn event_type(text: &str) -> Result<EventType, Invalid> {
    EventType::parse(text)?.in_filter()
}

fn conversation_id(text: &str) -> Result<ConversationId, String> {
    ConversationId::parse(text).ok_or_else(|| "must be a conversation ID, which is a UUID".to_owned())
}

/// Where reading begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// With the oldest event that is kept.
    Oldest,
    /// With the first event from now on.
    Latest,
    /// After this event or cursor.
    After(String),
}

impl Options {
    /// Returns where reading begins: after the event of `--after`, then that of the cursor file if it exists.
    ///
    /// # Errors
    /// If the cursor file cannot be read, or holds something else.
    pub fn position(&self) -> Result<Position> {
        let stored = match self.after {
            Some(_) => None,
            None => self.cursor_file.as_deref().map(read).transpose()?.flatten(),
        };
        Ok(match self.after.or(stored) {
            Some(cursor) => Position::After(cursor.to_string()),
            None if self.from_start => Position::Oldest,
            None => Position::Latest,
        })
    }

    /// Returns the file that keeps the position.
    pub fn cursor_file(&self) -> Option<&Path> {
        self.cursor_file.as_deref()
    }

    /// Returns the filters as parameters of the feed.
    pub fn query(&self) -> String {
        let types = self.types.iter().map(|event_type| event_type.as_str()).collect::<Vec<_>>().join(",");
        let types = if types.is_empty() { String::new() } else { format!("&types={types}") };
        let conversation = self.conversation.map(|id| format!("&conversationId={id}")).unwrap_or_default();
        types + &conversation
    }

    /// Returns the filters as options of the command line.
    pub fn filters(&self) -> Vec<String> {
        let types = self.types.iter().flat_map(|event_type| ["--type".to_owned(), event_type.to_string()]);
        let conversation = self.conversation.iter().flat_map(|id| ["--conversation".to_owned(), id.to_string()]);
        types.chain(conversation).collect()
    }
}

/// Reads a cursor file. Returns `None` if there is none.
fn read(path: &Path) -> Result<Option<EventId>> {
    let shown = path.display();
    match fs::read_to_string(path) {
        Ok(text) => EventId::parse(text.trim())
            .map(Some)
            .ok_or_else(|| anyhow!("{shown} is not a cursor file: it must hold one event ID. Delete it to start anew")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {shown}")),
    }
}

/// Writes a cursor file. A file that is written by half never takes the place of a whole one.
pub fn write(path: &Path, cursor: &str) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    fs::write(&new, format!("{cursor}\n"))
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
