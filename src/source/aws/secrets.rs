//! Secrets in user data: where one stands and of what kind, never the secret itself.
//!
//! The list of patterns is short on purpose. Formats that nothing else has (AWS keys, private keys,
//! tokens with a prefix of their own) are told wherever they stand; a password has no format and is
//! told where a literal is assigned to a name that ends in one of a few words. What a variable, a
//! command, a path or a reference stands for is no literal. Text inside of text (base64 of a
//! `write_files` entry) is not looked into.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::model::{FoundSecret, UserData};

/// User data, and whether its text could be looked at.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::source) struct Read {
    pub(in crate::source) user_data: UserData,
    /// Why its text could not be looked at: what is in it stays unknown.
    pub(in crate::source) unread: Option<&'static str>,
}

/// Reads user data as the API gives it, in base64. `None` when there is none.
pub(in crate::source) fn in_user_data(encoded: &str) -> Option<Read> {
    let packed: String = encoded.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(&packed).unwrap_or_else(|_not_encoded| encoded.as_bytes().to_vec());
    if bytes.is_empty() {
        return None;
    }
    let text = text_of(&bytes);
    // A text in an encoding of its own has its ASCII in the clear: what is found there is found.
    let secrets = in_text(text.as_deref().unwrap_or(&String::from_utf8_lossy(&bytes)));
    let unread = match text {
        Some(_) => None,
        None if !secrets.is_empty() => None,
        None if bytes.starts_with(GZIP) => Some("the user data is compressed"),
        None => Some("the user data is no text in UTF-8 or UTF-16"),
    };
    Some(Read { user_data: UserData { bytes: bytes.len() as u64, secrets }, unread })
}

const GZIP: &[u8] = &[0x1f, 0x8b];

/// The text in UTF-8, or in UTF-16 with a byte order mark as Windows writes it; `None` when it is
/// neither. Archives and compressed data are not unpacked; those few that happen to be UTF-8 hold
/// a NUL, which no script does.
fn text_of(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xff, 0xfe, units @ ..] => utf16(units, u16::from_le_bytes),
        [0xfe, 0xff, units @ ..] => utf16(units, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    text.filter(|text| !text.contains('\0'))
}

fn utf16(units: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = units.as_chunks::<2>();
    rest.is_empty().then(|| String::from_utf16(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>()).ok())?
}

/// The secrets of a text, by line.
fn in_text(text: &str) -> Vec<FoundSecret> {
    let mut found = BTreeSet::new();
    for (line, number) in text.lines().zip(1..) {
        found.extend(in_line(line).into_iter().map(|kind| FoundSecret { line: number, kind: kind.to_owned() }));
    }
    found.into_iter().collect()
}

fn in_line(line: &str) -> BTreeSet<&'static str> {
    let mut kinds = BTreeSet::new();
    for (kind, pattern) in FORMATS.iter() {
        let real = |found: regex::Match<'_>| !found.as_str().ends_with("EXAMPLE");
        if pattern.find_iter(line).any(real) {
            kinds.insert(*kind);
        }
    }
    if let Some(pattern) = URL.as_ref() {
        let literal = pattern.captures_iter(line).any(|url| url.get(1).is_some_and(|text| is_literal(text.as_str())));
        if literal {
            kinds.insert("password in a URL");
        }
    }
    for pattern in ASSIGNMENTS.iter() {
        kinds.extend(pattern.captures_iter(line).filter_map(|assignment| assigned(&assignment)));
    }
    kinds
}

/// What a pattern is called, and how it looks. Documentation uses keys that end in `EXAMPLE`.
const FORMATS_TEXT: &[(&str, &str)] = &[
    ("AWS access key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    ("GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})"),
    ("GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("Slack webhook", r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}"),
    ("Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    ("Google API key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("Vault token", r"\bhv[bs]\.[A-Za-z0-9_-]{24,}"),
    ("JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("password hash", r"\$(?:1|2[aby]|5|6|y)\$[./A-Za-z0-9$=,]{20,}"),
];

static FORMATS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let read = |(kind, pattern): &(&'static str, &str)| Some((*kind, Regex::new(pattern).ok()?));
    FORMATS_TEXT.iter().filter_map(read).collect()
});

/// `scheme://user:password@host`.
const URL_TEXT: &str = r"[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@]*:([^\s@/]+)@";

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(URL_TEXT).ok());

/// A name and what is assigned to it: `PASSWORD=x`, `"password": "x"`, `--db-password x`. What
/// stands before the name is kept, because `$PASSWORD = x` compares and does not assign.
const ASSIGNMENTS_TEXT: &[&str] = &[
    r#"(?i)(^|[^A-Za-z0-9_.-])([A-Za-z0-9_.-]*(?:password|passwd|passphrase|pwd|secret|token|key))["']?\s*(?:[:=]|:=|=>)\s*("[^"]*"|'[^']*'|[^\s"',;]+)"#,
    r#"(?i)(--)([a-z0-9-]*(?:password|passwd|passphrase|secret|token|key))\s+("[^"]*"|'[^']*'|[^\s"',;-][^\s"',;]*)"#,
];

static ASSIGNMENTS: LazyLock<Vec<Regex>> =
    LazyLock::new(|| ASSIGNMENTS_TEXT.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());

/// The kind of an assignment of a literal secret.
fn assigned(assignment: &regex::Captures<'_>) -> Option<&'static str> {
    let part = |number| assignment.get(number).map_or("", |part| part.as_str());
    let (before, name, written) = (part(1), part(2).to_ascii_lowercase(), part(3));
    if before == "$" || before == "{" && name.starts_with('$') {
        return None;
    }
    let quoted = written.len() > 1 && (written.starts_with('"') || written.starts_with('\''));
    let value = if quoted { &written[1..written.len() - 1] } else { written };
    if !is_literal(value) || (!quoted && is_expression(value)) {
        return None;
    }
    if ["password", "passwd", "passphrase", "pwd"].iter().any(|word| name.ends_with(word)) {
        return (value.len() >= 4).then_some("password");
    }
    // Many a harmless thing is called a key, a token or a secret: only what looks like one counts.
    let random = value.len() >= 16
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !value.contains("EXAMPLE");
    let public = ["public_key", "public-key", "publickey", "pubkey", "ssh_key", "ssh-key"];
    let harmless = public.iter().any(|word| name.ends_with(word)) || value.starts_with("ssh-");
    (random && !harmless).then_some(if name.ends_with("key") { "secret key" } else { "secret or token" })
}

/// Whether a value is itself, and not a place where the value comes from.
fn is_literal(value: &str) -> bool {
    const PLACEHOLDERS: [&str; 10] =
        ["true", "false", "null", "none", "yes", "no", "undefined", "redacted", "password", "string"];
    const ELSEWHERE: [&str; 12] = ["$", "%", "<", "`", "!", "/", "./", "~/", "arn:", "http://", "https://", "file:"];
    let lower = value.to_ascii_lowercase();
    !value.is_empty()
        && !PLACEHOLDERS.contains(&lower.as_str())
        && !ELSEWHERE.iter().any(|beginning| lower.starts_with(beginning))
        && !["{{", "${", "$("].iter().any(|reference| value.contains(reference))
        && value.bytes().any(|byte| !matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-'))
}

/// `os.environ["X"]`, `get_password()`, `config.password`.
fn is_expression(value: &str) -> bool {
    let name = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    value.contains(['(', '[', '|']) || (value.contains('.') && value.split('.').all(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(line: &str) -> Vec<&'static str> {
        in_line(line).into_iter().collect()
    }

    #[test]
    fn every_pattern_can_be_read() {
        assert_eq!(FORMATS.len(), FORMATS_TEXT.len());
        assert_eq!(ASSIGNMENTS.len(), ASSIGNMENTS_TEXT.len());
        assert!(URL.is_some());
    }

    /// Put together here, so that no scanner takes this file for a leak.
    fn token(prefix: &str, length: usize) -> String {
        prefix.chars().chain("a1B2c3D4e5".chars().cycle().take(length)).collect()
    }

    #[test]
    fn formats_are_found_wherever_they_stand() {
        let key = format!("export X={}{}", "AKIA", "QWERTYUIOPASDFGH");
        assert_eq!(kinds(&key), ["AWS access key"]);
        assert_eq!(kinds(&format!("-----BEGIN RSA {}-----", "PRIVATE KEY")), ["private key"]);
        assert_eq!(kinds(&format!("git clone https://{}@github.com/x", token("ghp_", 36))), ["GitHub token"]);
        assert_eq!(kinds(&format!("npm config set //r/:_auth {}", token("npm_", 36))), ["npm token"]);
        assert_eq!(kinds(&format!("curl hooks.slack.com/services/T0A/B0A/{}", token("", 24))), ["Slack webhook"]);
        assert_eq!(kinds(&format!("    hashed_passwd: $6$salt${}", token("", 40))), ["password hash"]);
    }

    #[test]
    fn literals_under_telling_names_are_passwords_and_keys() {
        for line in [
            "DB_PASSWORD=hunter22",
            "export PGPASSWORD='correct horse'",
            r#"  "password": "hunter22","#,
            "password: atomic",
            "mysql --user=app --password=hunter22",
            "htpasswd --db-password hunter22",
            "spring.datasource.password = hunter22",
        ] {
            assert_eq!(kinds(line), ["password"], "{line}");
        }
        assert_eq!(kinds("postgres://app:hunter22@db.internal/app"), ["password in a URL"]);
        assert_eq!(kinds(&format!("aws_secret_access_key = {}", token("", 40))), ["secret key"]);
        assert_eq!(kinds(&format!("DD_API_KEY={}", token("", 32))), ["secret key"]);
        assert_eq!(kinds(&format!("AUTH_TOKEN: \"{}\"", token("", 24))), ["secret or token"]);
    }

    #[test]
    fn what_only_names_a_secret_is_none() {
        for line in [
            "DB_PASSWORD=$(aws ssm get-parameter --name /app/db --with-decryption)",
            "DB_PASSWORD=${db_password}",
            "DB_PASSWORD=\"$1\"",
            "password: {{ db_password }}",
            "PASSWORD=%PASSWORD%",
            "password=<your password>",
            "password = os.environ['DB_PASSWORD']",
            "password = settings.database.password",
            "password = get_password()",
            "if [ \"$password\" = \"hunter22\" ]; then",
            "lock_passwd: true",
            "ssh_pwauth: false",
            "PasswordAuthentication no",
            "PASSWORD_FILE=/run/secrets/db",
            "SECRET_ARN=arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf",
            "secret: arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf",
            "token=/var/run/token1234567890123",
            "TOKEN=$(curl -X PUT http://169.254.169.254/latest/api/token)",
            "partition_key: customer_id",
            "key: value",
            "gpgkey=https://packages.example.com/RPM-GPG-KEY-1234567890",
            "ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
            "password=********",
            "AKIAIOSFODNN7EXAMPLE",
            "https://user:${token}@git.internal/x",
            "-----BEGIN PUBLIC KEY-----",
        ] {
            assert_eq!(kinds(line), Vec::<&str>::new(), "{line}");
        }
    }

    #[test]
    fn user_data_keeps_length_and_lines_and_no_text() {
        let text = "#!/bin/sh\nDB_PASSWORD=hunter22\n";
        let read = in_user_data(&STANDARD.encode(text)).unwrap();
        let found = FoundSecret { line: 2, kind: "password".to_owned() };
        assert_eq!(read, Read { user_data: UserData { bytes: 31, secrets: vec![found] }, unread: None });
        assert_eq!(in_user_data(""), None);
        let read = in_user_data(&STANDARD.encode([0x1f, 0x8b, 8, 0])).unwrap();
        assert_eq!((read.unread, read.user_data.secrets), (Some("the user data is compressed"), Vec::new()));
    }

    #[test]
    fn what_is_no_text_was_not_looked_through() {
        let unread = |bytes: &[u8]| in_user_data(&STANDARD.encode(bytes)).unwrap().unread.is_some();
        assert!(unread(b"\x28\xb5\x2f\xfd\x04\x00zstd"), "zstd");
        assert!(unread(b"PK\x03\x04\x14\x00\x00\x00zip"), "zip, which may be UTF-8");
        assert!(unread(b"echo caf\xe9\n"), "Latin-1");
        assert!(unread(b"\xff\xfeD\x00B"), "half a unit of UTF-16");
        assert!(!unread("echo café\n".as_bytes()));
        let kinds = |bytes: &[u8]| {
            let read = in_user_data(&STANDARD.encode(bytes)).unwrap();
            (read.unread, read.user_data.secrets.into_iter().map(|secret| secret.line).collect::<Vec<_>>())
        };
        let script = "<powershell>\r\nDB_PASSWORD=hunter22\r\n";
        for (mark, bytes) in [([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]), ([0xfe, 0xff], u16::to_be_bytes)]
        {
            let encoded: Vec<u8> = mark.into_iter().chain(script.encode_utf16().flat_map(bytes)).collect();
            assert_eq!(kinds(&encoded), (None, vec![2]));
        }
        assert_eq!(kinds(b"# caf\xe9\nDB_PASSWORD=hunter22\n"), (None, vec![2]), "what is found is found");
    }
}
