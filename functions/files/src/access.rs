use deskless_api::Principal;
use deskless_app::files::FileAccess;

/// Returns the files that the principal can access.
pub fn access<S>(caller: &Principal<S>) -> FileAccess<'_> {
    match caller {
        Principal::Server(caller) => FileAccess::Workspace(caller.store()),
        Principal::Customer(caller) => FileAccess::Customer(caller.store()),
    }
}
