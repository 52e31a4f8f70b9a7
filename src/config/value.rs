//! The values of a configuration that are more than a number or a text.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::fault::Reader;
use super::read::{Read, parsed};
use super::yaml::Node;
use crate::model::{AccountId, Pattern, Severity};

/// A length of time, written `15m`, `1h30m`, `3100ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(Duration);

/// Unit letters and their milliseconds, longest first.
const UNITS: &[(&str, u64)] = &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Interval {
    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }

    /// So many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// As the standard library's type.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// Reads `1h30m`: numbers with units, the longest unit first, each once. No sign, no
    /// fraction.
    fn parse(text: &str) -> Option<Self> {
        let mut milliseconds: u64 = 0;
        let mut rest = text;
        let mut units = UNITS;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u64 = rest.get(..digits)?.parse().ok()?;
            let letters = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
            let unit = &rest[digits..digits + letters];
            let position = units.iter().position(|(name, _)| *name == unit)?;
            milliseconds = milliseconds.checked_add(number.checked_mul(units[position].1)?)?;
            units = &units[position + 1..];
            rest = &rest[digits + letters..];
        }
        if text.is_empty() { None } else { Some(Self::from_millis(milliseconds)) }
    }
}

impl std::str::FromStr for Interval {
    type Err = crate::model::InvalidId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or_else(|| crate::model::InvalidId {
            text: text.to_owned(),
            expected: "a length of time such as 15m, 1h30m or 28d",
        })
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, size) in UNITS {
            if rest >= *size {
                write!(f, "{}{unit}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

/// The role to assume in an account, `arn:aws:iam::111122223333:role/plimsoll`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleArn {
    text: String,
    account: AccountId,
}

impl RoleArn {
    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The account the role is in.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The role, if the text is the ARN of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return None };
        let name = resource.strip_prefix("role/")?;
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_/-".contains(&byte);
        let named = !name.is_empty() && !name.ends_with('/') && name.bytes().all(valid);
        if !partition.starts_with("aws") || !named {
            return None;
        }
        let account = AccountId::new(*account).ok().filter(|account| !account.is_unknown())?;
        Some(Self { text: text.to_owned(), account })
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A share between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Share(f64);

impl Share {
    /// A share; `None` outside 0 to 1.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// A share the program itself names.
    pub(super) const fn literal(value: f64) -> Self {
        Self(value)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

parsed! {
    Interval, "a length of time such as 15m, 1h30m or 500ms", Self::parse;
    RoleArn, "the ARN of a role such as arn:aws:iam::111122223333:role/plimsoll", Self::parse;
    Pattern, "a text, or a pattern with *", |text| Some(Self::new(text));
    Share, "a share between 0 and 1, such as 0.95 for 95 %", |text| text.parse().ok().and_then(Self::new);
}

macro_rules! written_as_text {
    ($($type:ty, $name:literal, $pattern:literal, $example:literal;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern, "examples": [$example]})
            }
        }
    )*};
}

written_as_text! {
    Interval, "Interval", "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$", "15m";
    RoleArn, "RoleArn", "^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", "arn:aws:iam::111122223333:role/plimsoll";
    Pattern, "Pattern", "^.+$", "aws-s3-*";
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "minimum": 0, "maximum": 1})
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        pub enum $name { $($(#[$about])* #[serde(rename = $word)] $variant,)* }

        impl Read for $name {
            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                reader.word(&[$(($word, Self::$variant)),*], node)
            }
        }
    )*};
}

pub(super) use {words, written_as_text};

words! {
    /// How much of each resource is read.
    Depth {
        /// What the rules need.
        Standard = "standard",
        /// Everything the documents have a place for, at more calls.
        Full = "full",
    }
    /// Whether the policies of the account's organization are read.
    Organization {
        /// As far as the credentials may. Where they may not, the scan is as complete without.
        Auto = "auto",
        /// All of them; a scan that may not read them is not complete.
        Required = "required",
        /// Not at all.
        Off = "off",
    }
    /// Whether CloudTrail is asked which call changed what fails now.
    CloudTrail {
        /// No: how long detection took is known as a bound.
        Off = "off",
        /// Yes, with `cloudtrail:LookupEvents`: when exactly, and by whom.
        On = "on",
    }
    /// From which severity on findings make the program exit with 10.
    FailOn {
        /// Any finding.
        Low = "low",
        /// Medium and worse.
        Medium = "medium",
        /// High and critical.
        High = "high",
        /// Critical only.
        Critical = "critical",
        /// Findings never do.
        Never = "never",
    }
    /// How finely metrics tell accounts apart.
    AccountDetail {
        /// Not at all: there are no series by account.
        None = "none",
        /// By account and severity.
        Severity = "severity",
    }
    /// Which endpoint of STS is called.
    StsEndpoint {
        /// That of the region.
        Regional = "regional",
        /// `sts.amazonaws.com`, which answers from us-east-1.
        Global = "global",
    }
}

impl FailOn {
    /// The least severity that counts; `None` for never.
    #[must_use]
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
            Self::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_read_and_written() {
        for (text, milliseconds) in [("15m", 900_000), ("1h30m", 5_400_000), ("3s100ms", 3_100), ("2d", 172_800_000)] {
            let interval = Interval::parse(text).unwrap();
            assert_eq!((interval.to_string().as_str(), interval), (text, Interval::from_millis(milliseconds)));
        }
        assert_eq!(Interval::parse("90s").unwrap().to_string(), "1m30s");
        assert_eq!(Interval::parse("0s").unwrap().to_string(), "0s");
        for text in ["", "15", "m", "-1m", "1.5h", "30m1h", "1m1m", "15 m", "1w", "99999999999999999999s", "1µs"] {
            assert_eq!(Interval::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_role_arn_names_its_account() {
        let role = RoleArn::parse("arn:aws-cn:iam::111122223333:role/audit/plimsoll").unwrap();
        assert_eq!(role.account().as_str(), "111122223333");
        for text in [
            "arn:aws:iam::111122223333:user/x",
            "arn:aws:iam::1111:role/x",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:sts::111122223333:role/x",
            "role/x",
            "arn:aws:iam::unknown:role/x",
        ] {
            assert_eq!(RoleArn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_pattern_matches_the_whole_text() {
        let matches = |pattern: &str, text: &str| Pattern::new(pattern).matches(text);
        assert!(matches("aws-s3-*", "aws-s3-public-access-blocked"));
        assert!(matches("*", ""));
        assert!(matches("a*b*c", "a-b-b-c"));
        assert!(!matches("a?c", "abc"));
        assert!(!matches("aws-s3", "aws-s3-x"));
        assert!(!matches("a*b", "abc"));
        assert!(!matches(&"a*".repeat(200), &"b".repeat(2_000)));
    }
}
