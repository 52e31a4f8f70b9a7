//! The snapshot file: a snapshot as JSON, written whole or not at all.
//!
//! The file is a published format with a version. A file of a newer version is refused rather
//! than read in part, and a file that was cut off says where.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::{SNAPSHOT_FORMAT, Snapshot};

/// Why a snapshot file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be opened or read.
    #[error("cannot read snapshot {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written. What stood there before still stands there.
    #[error("cannot write snapshot {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file ends in the middle.
    #[error(
        "snapshot {} ends in the middle, at line {line}, column {column}\n\
         help: it was not written to its end; take a new one with `plimsoll collect`", path.display()
    )]
    CutOff {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The file is JSON of another kind, or no JSON at all.
    #[error(
        "{} is not a snapshot: line {line}, column {column}: {problem}\n\
         help: a snapshot is written by `plimsoll collect`", path.display()
    )]
    NotSnapshot {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 when the line alone is known.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The file was written in a format this program does not know.
    #[error(
        "snapshot {} has format {found}, and this plimsoll reads format {SNAPSHOT_FORMAT}\n\
         help: read it with the plimsoll that wrote it or a newer one, or take a new one with `plimsoll collect`",
        path.display()
    )]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// The file's format.
        found: u64,
    },
}

/// The one field that every format of the file has.
#[derive(Deserialize)]
struct Format {
    format: u64,
}

/// Reads a snapshot.
///
/// # Errors
/// When the file cannot be read, is cut off, is no snapshot, or is one of another format.
pub fn read(path: &Path) -> Result<Snapshot, FileError> {
    let bytes = fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    let format: Format = serde_json::from_slice(&bytes).map_err(|error| explain(path, &error))?;
    if format.format != u64::from(SNAPSHOT_FORMAT) {
        return Err(FileError::OtherFormat { path: path.to_owned(), found: format.format });
    }
    serde_json::from_slice(&bytes).map_err(|error| explain(path, &error))
}

/// Writes a snapshot. Readers see the old file or the new one, never a part, also after a crash:
/// the text goes into a file beside the target, reaches the disk, and takes the target's name.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn write(path: &Path, snapshot: &Snapshot) -> Result<(), FileError> {
    replace(path, snapshot).map_err(|source| FileError::Write { path: path.to_owned(), source })
}

fn replace(path: &Path, snapshot: &Snapshot) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".snapshot-").suffix(".partial").tempfile_in(folder)?;
    {
        let mut text = io::BufWriter::new(file.as_file_mut());
        serde_json::to_writer_pretty(&mut text, snapshot)?;
        text.write_all(b"\n")?;
        text.flush()?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    fs::File::open(folder)?.sync_all()
}

fn explain(path: &Path, error: &serde_json::Error) -> FileError {
    let (path, line, column) = (path.to_owned(), error.line(), error.column());
    if error.is_eof() {
        return FileError::CutOff { path, line, column };
    }
    let text = error.to_string();
    let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
    FileError::NotSnapshot { path, line, column, problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Bucket, Region, Resource, ResourceId};

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::empty("2026-11-22T00:00:00Z".parse().unwrap());
        let mut bucket = Resource::new(
            ResourceId::new("arn:aws:s3:::payments").unwrap(),
            AccountId::new("111122223333").unwrap(),
            Region::new("eu-central-1").unwrap(),
            "payments",
            Bucket { ownership: Some("BucketOwnerEnforced".into()), ..Bucket::default() },
        );
        bucket.mark_unknown(crate::model::Pointer::configuration("policy"));
        snapshot.resources.push(bucket);
        snapshot
    }

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.json");
        fs::write(&path, text).unwrap();
        let message = read(&path).unwrap_err().to_string();
        message.replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_stays_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.json");
        write(&path, &snapshot()).unwrap();
        write(&path, &snapshot()).unwrap();
        assert_eq!(read(&path).unwrap(), snapshot());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn policies_that_others_wrote_are_spelled_as_ours() {
        let policy = |action: &str, principal: &str, key: &str| {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":["{principal}"]}},
                    "Action":["{action}"],"Condition":{{"StringEquals":{{"{key}":["Value"]}}}}}}]}}"#
            );
            serde_json::from_str::<crate::model::PolicyDocument>(&text)
        };
        let root = "arn:aws:iam::111122223333:root";
        let canonical = policy("iam:passrole", root, "aws:sourcevpc").unwrap();
        assert_eq!(policy("iam:PassRole", "111122223333", "aws:SourceVpc").unwrap(), canonical);
        let twice = policy("iam:PassRole", root, r#"aws:SourceVpc":["a"],"aws:sourcevpc"#).unwrap_err();
        assert!(twice.to_string().contains("is said twice"), "{twice}");
    }

    #[test]
    fn a_file_that_ends_in_the_middle_says_where() {
        let whole = serde_json::to_string_pretty(&snapshot()).unwrap();
        let message = refused(&whole[..whole.len() / 2]);
        assert!(message.starts_with("snapshot snapshot.json ends in the middle, at line "), "{message}");
        assert!(refused("").contains("ends in the middle"));
    }

    #[test]
    fn a_newer_format_is_refused_with_both_versions_even_if_its_other_fields_are_unheard_of() {
        let message = refused(r#"{"format": 2, "shards": []}"#);
        assert!(message.contains("has format 2, and this plimsoll reads format 1"), "{message}");
        assert!(message.contains("help: "), "{message}");
    }

    #[test]
    fn what_is_not_a_snapshot_is_refused_with_the_place() {
        let message = refused("<html>");
        assert!(message.contains("is not a snapshot: line 1, column 1: expected value"), "{message}");
        let message = refused("{\"format\": 1,\n \"taken\": 3}");
        assert!(message.contains("line 2, column 8: unknown field `taken`"), "{message}");
        let message = refused("{}");
        assert!(message.contains("missing field `format`"), "{message}");
    }

    #[test]
    fn a_missing_folder_is_an_error_and_not_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/snapshot.json");
        assert!(matches!(write(&path, &snapshot()), Err(FileError::Write { .. })));
        assert!(matches!(read(&path), Err(FileError::Read { .. })));
    }
}
