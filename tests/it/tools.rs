//! Programs that tests need and that are not ours.

use std::path::PathBuf;

/// Where a program is. When it is missing, a test in CI fails, and one elsewhere says so loudly
/// and has to return.
#[expect(clippy::print_stderr, reason = "what is not tested has to be said")]
pub(crate) fn find(program: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    if found.is_none() {
        let message = format!("NOT TESTED: {program} is missing; install Debian's package {package}");
        assert!(std::env::var_os("CI").is_none(), "{message}");
        eprintln!("\n    {message}\n");
    }
    found
}

/// Compares a text with a file of the repository, or writes the file when `BLESS` is set.
pub(crate) fn check_file(path: &str, text: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == text,
        "{path} is out of date; write it with BLESS=1 and look at the difference. It would be:\n{text}"
    );
}
