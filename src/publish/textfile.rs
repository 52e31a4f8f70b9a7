//! A page in a file, for node_exporter's textfile collector.

use std::io::Write;
use std::path::Path;

/// Puts a text in the place of a file: readers see the old one or the new one, never a part.
/// The collector that reads it is another user, so it may be read by all.
///
/// # Errors
/// When the file cannot be written; then it is as it was before.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
