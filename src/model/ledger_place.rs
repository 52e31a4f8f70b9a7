//! Where a ledger is: a file, or a PostgreSQL database. What is shown of it never holds a password.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// Where a ledger is.
#[derive(Clone, PartialEq, Eq)]
pub enum LedgerPlace {
    /// A file on this machine.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL database, `postgres://user@host:5432/database?sslmode=verify-full`.
///
/// It may hold a password; `Debug`, `Display` and `Serialize` show user, host, port and database
/// only.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl LedgerPlace {
    /// The place a text means: an address when it begins with `postgres://` or `postgresql://`, a
    /// path otherwise.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            Self::Postgres(PostgresUrl(text.to_owned()))
        } else {
            Self::File(PathBuf::from(text))
        }
    }

    /// The same place, with a relative path taken from `base`.
    #[must_use]
    pub fn within(self, base: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(base.join(path)),
            Self::Postgres(url) => Self::Postgres(url),
        }
    }
}

impl PostgresUrl {
    /// The whole address, with its password if it holds one: to connect with, never to be shown.
    #[must_use]
    pub fn with_secrets(&self) -> &str {
        &self.0
    }

    /// Whether it holds a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        let (secrets, rest) = self.parts();
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        secrets.contains(':') || host_and_port(host) != host || self.0.contains("password=")
    }

    /// What stands before the last `@`, and after it. A password with letters that should have been
    /// escaped stays on the side of the secrets.
    fn parts(&self) -> (&str, &str) {
        let rest = SCHEMES.iter().find_map(|scheme| self.0.strip_prefix(scheme)).unwrap_or(&self.0);
        rest.rsplit_once('@').unwrap_or(("", rest))
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secrets, rest) = self.parts();
        let user = secrets.split(':').next().unwrap_or_default();
        let shown = rest.split(['?', '#']).next().unwrap_or_default();
        let (host, database) = shown.split_once('/').unwrap_or((shown, ""));
        f.write_str("postgres://")?;
        if !user.is_empty() {
            write!(f, "{user}@")?;
        }
        f.write_str(host_and_port(host))?;
        if database.is_empty() { Ok(()) } else { write!(f, "/{database}") }
    }
}

/// The host, and the port where it is one: in `user:secret`, with the host forgotten, it is not.
fn host_and_port(text: &str) -> &str {
    match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') && !port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => text,
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for LedgerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for LedgerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for LedgerPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::File(path) => path.serialize(serializer),
            // A configuration holds no password, so that it reads back as it is.
            Self::Postgres(url) if !url.has_password() => url.0.serialize(serializer),
            Self::Postgres(url) => serializer.collect_str(url),
        }
    }
}

impl JsonSchema for LedgerPlace {
    fn schema_name() -> Cow<'static, str> {
        "LedgerPlace".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A file, or the address of a PostgreSQL database such as postgres://plimsoll@db.example/plimsoll?sslmode=verify-full. The password comes from PGPASSWORD or ~/.pgpass."
        })
    }
}

impl FromStr for LedgerPlace {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}

impl From<&Self> for LedgerPlace {
    fn from(place: &Self) -> Self {
        place.clone()
    }
}

impl From<&Path> for LedgerPlace {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for LedgerPlace {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_path_and_an_address_an_address() {
        assert_eq!(LedgerPlace::new("plimsoll.db"), LedgerPlace::File("plimsoll.db".into()));
        assert!(matches!(LedgerPlace::new("postgresql://db/plimsoll"), LedgerPlace::Postgres(_)));
        assert_eq!(LedgerPlace::new("a.db").within(Path::new("/etc")), LedgerPlace::File("/etc/a.db".into()));
    }

    #[test]
    fn what_is_shown_holds_no_password() {
        for (url, shown) in [
            ("postgres://me:secret@db:5433/plimsoll", "postgres://me@db:5433/plimsoll"),
            ("postgres://me@db/plimsoll?sslmode=require", "postgres://me@db/plimsoll"),
            ("postgres://db/plimsoll?user=me&password=secret", "postgres://db/plimsoll"),
            ("postgresql://me:a/secret?b@c@db/plimsoll", "postgres://me@db/plimsoll"),
            ("postgres://me:secret", "postgres://me"),
            ("postgres://[::1]:5433/plimsoll", "postgres://[::1]:5433/plimsoll"),
            ("postgres:///plimsoll?host=/run/postgresql", "postgres:///plimsoll"),
        ] {
            let place = LedgerPlace::new(url);
            assert_eq!(place.to_string(), shown, "{url}");
            assert_eq!(format!("{place:?}"), shown, "{url}");
            assert!(!serde_json::to_string(&place).unwrap().contains("secret"), "{url}");
        }
    }

    #[test]
    fn an_address_without_password_is_written_as_it_was_read() {
        let url = "postgres://me@db/plimsoll?sslmode=verify-full";
        assert_eq!(serde_json::to_value(LedgerPlace::new(url)).unwrap(), url);
    }
}
