use deskless_domain::{Action, Kind, Reason};
use deskless_store::{Directory, DirectoryEntry, StoreError, TenantStore};

/// Why what an action refers to cannot be chosen, if it cannot: it may have been archived since the automation was saved.
pub(super) async fn missing(store: &TenantStore, action: &Action) -> Result<Option<Reason>, StoreError> {
    let kind = match action {
        Action::Assign(Some(_)) => Kind::Member,
        Action::AssignAssistant(Some(_)) => Kind::Assistant,
        Action::Move { .. } => Kind::Pipeline,
        _ => return Ok(None),
    };
    let known = store.directory(&[kind]).await?;
    if is_there(&known, action) || is_there(&store.fresh_directory(&[kind]).await?, action) {
        return Ok(None);
    }
    let what = match kind {
        Kind::Member => "member",
        Kind::Assistant => "assistant",
        _ => "stage",
    };
    Ok(Some(Reason::new("reference_not_found", format!("The {what} was archived and cannot be chosen any more."))))
}

fn is_there(names: &Directory, action: &Action) -> bool {
    let open = |entry: Option<&DirectoryEntry>| entry.is_some_and(|entry| !entry.archived);
    match action {
        Action::Assign(Some(member)) => open(names.member(*member)),
        Action::AssignAssistant(Some(assistant)) => open(names.assistant(*assistant)),
        Action::Move { pipeline, stage } => {
            names.stage(*stage).is_some_and(|(of, entry)| of == *pipeline && !entry.archived)
        }
        _ => true,
    }
}
