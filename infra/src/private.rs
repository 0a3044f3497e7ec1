//! Files of the local stack that only their owner can read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Creates a folder that only its owner can use, or makes an existing one so. Also makes the files in it private, which may
/// be from an earlier version.
///
/// # Errors
/// If the folder cannot be created or read.
pub fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let mode = match entry.file_type()? {
            kind if kind.is_dir() => 0o700,
            kind if kind.is_file() => 0o600,
            _ => continue,
        };
        fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Opens a file for writing, which is created or emptied. Only its owner can read it.
///
/// # Errors
/// If the file cannot be written.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // `mode` applies to new files only.
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Creates an empty file unless it exists. Only its owner can read it.
///
/// # Errors
/// If the file cannot be created.
pub fn ensure(path: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    create(path)?.write_all(bytes.as_ref())
}
