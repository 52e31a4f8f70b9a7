//! From nodes to values: the one trait a configuration value implements, lists, maps and plain
//! values, and the two macros that declare a section once and give its struct, its defaults, its
//! reader and its JSON Schema.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::fault::{Reader, did_you_mean};
use super::yaml::{Content, Node, to_json};
use crate::model::{AccountId, LedgerPlace, Region, RuleId, Service, Severity};

/// A value that can be read from the configuration.
pub(super) trait Read: Sized {
    /// Reads the value. `None` when that is not possible; the reader then holds the fault.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// The value when its key is left out of an entry; `None` when the key is needed.
    fn absent() -> Option<Self> {
        None
    }
}

/// What must hold between the keys of a section.
pub(super) trait Sense {
    /// Notes what does not fit together. Called only when each key by itself is in order.
    fn sense(&self, _node: &Node, _reader: &mut Reader) {}
}

/// The key of a field: `type` for `r#type`.
pub(super) fn key_of(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Declares sections in which every key has a default.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $key:ident: $type:ty = $default:expr),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(default)]
        pub struct $name { $($(#[$about])* pub $key: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl crate::config::read::Read for $name {
            fn read(node: &crate::config::yaml::Node, reader: &mut crate::config::fault::Reader) -> Option<Self> {
                let before = reader.faults.len();
                let mut section = Self::default();
                for (key, value) in reader.entries(node, &[$(stringify!($key)),*])? {
                    $(if key == stringify!($key)
                        && let Some(value) = reader.at(key, |reader| crate::config::read::Read::read(value, reader))
                    {
                        section.$key = value;
                    })*
                }
                if reader.faults.len() == before {
                    crate::config::read::Sense::sense(&section, node, reader);
                }
                Some(section)
            }
        }
    )*};
}

/// Declares entries whose keys are needed, apart from optional ones.
macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $key:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$about])* pub $key: $type,)* }

        impl crate::config::read::Read for $name {
            fn read(node: &crate::config::yaml::Node, reader: &mut crate::config::fault::Reader) -> Option<Self> {
                let entries = reader.entries(node, &[$(crate::config::read::key_of(stringify!($key))),*])?;
                $(
                    let name = crate::config::read::key_of(stringify!($key));
                    let $key: Option<$type> = match entries.iter().find(|(key, _)| *key == name) {
                        Some((key, value)) => reader.at(*key, |reader| crate::config::read::Read::read(value, reader)),
                        None => reader.absent(name, node),
                    };
                )*
                Some(Self { $($key: $key?,)* })
            }
        }
    )*};
}

pub(super) use {entries, sections};

impl Reader {
    /// The entries of a mapping, once each. Unknown and repeated keys are faults. Nothing at all
    /// is an empty mapping.
    pub(super) fn entries<'n>(
        &mut self,
        node: &'n Node,
        known: &[&'static str],
    ) -> Option<Vec<(&'static str, &'n Node)>> {
        let mut entries: Vec<(&'static str, &Node)> = Vec::new();
        for (key, key_node, value) in self.mapping(node)? {
            match known.iter().find(|known| **known == key) {
                Some(known) => entries.push((known, value)),
                None => self.at(key, |reader| {
                    let help = match did_you_mean(key, known) {
                        Some(near) => format!("did you mean {near}? known keys: {}", known.join(", ")),
                        None => format!("known keys: {}", known.join(", ")),
                    };
                    reader.fault(Some(key_node.mark), "unknown key", Some(help));
                }),
            }
        }
        Some(entries)
    }

    /// Keys and values of a mapping whose keys are free; a repeated key is a fault.
    pub(super) fn mapping<'n>(&mut self, node: &'n Node) -> Option<Vec<(&'n str, &'n Node, &'n Node)>> {
        let entries = match &node.content {
            Content::Mapping(entries) => entries,
            _ if node.is_null() => return Some(Vec::new()),
            _ => return self.expected("a mapping (key: value)", node),
        };
        let mut found: Vec<(&str, &Node, &Node)> = Vec::new();
        for (key_node, value) in entries {
            let Content::Scalar { text, .. } = &key_node.content else {
                self.fault(Some(key_node.mark), format!("a key must be a word, not {}", key_node.describe()), None);
                continue;
            };
            if let Some((_, first, _)) = found.iter().find(|(known, ..)| known == text) {
                let problem = format!("the key is there twice, first in line {}", first.mark.line);
                self.at(text, |reader| reader.fault(Some(key_node.mark), problem, None));
            } else {
                found.push((text, key_node, value));
            }
        }
        Some(found)
    }

    /// The text of a scalar.
    pub(super) fn text<'n>(&mut self, expected: &str, node: &'n Node) -> Option<&'n str> {
        match &node.content {
            Content::Scalar { text, .. } if !node.is_null() && !text.trim().is_empty() => Some(text),
            _ => self.expected(expected, node),
        }
    }

    /// Notes that something else was expected here.
    pub(super) fn expected<T>(&mut self, expected: &str, node: &Node) -> Option<T> {
        self.fault(Some(node.mark), format!("expected {expected}, found {}", node.describe()), None);
        None
    }

    /// The value of a key that was left out, or a fault when it is needed.
    pub(super) fn absent<T: Read>(&mut self, key: &'static str, node: &Node) -> Option<T> {
        let value = T::absent();
        if value.is_none() {
            self.at(key, |reader| reader.fault(Some(node.mark), "the key is missing", None));
        }
        value
    }

    /// A scalar that one of `words` must be.
    pub(super) fn word<T: Copy>(&mut self, words: &[(&'static str, T)], node: &Node) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let text = self.text(&format!("one of {}", names.join(", ")), node)?;
        if let Some((_, value)) = words.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let help = did_you_mean(text, &names).map(|near| format!("did you mean {near}?"));
        self.fault(Some(node.mark), format!("expected one of {}, found {text:?}", names.join(", ")), help);
        None
    }
}

impl Node {
    /// Where the value of a key stands, or else the node itself.
    pub(super) fn mark_of(&self, key: &str) -> super::yaml::Mark {
        let Content::Mapping(entries) = &self.content else { return self.mark };
        entries
            .iter()
            .find(|(node, _)| matches!(&node.content, Content::Scalar { text, .. } if text == key))
            .map_or(self.mark, |(_, value)| value.mark)
    }

    /// The value of a key, or else the node itself.
    pub(super) fn value_of(&self, key: &str) -> &Self {
        let Content::Mapping(entries) = &self.content else { return self };
        let named = |node: &Self| matches!(&node.content, Content::Scalar { text, .. } if text == key);
        entries.iter().find(|(node, _)| named(node)).map_or(self, |(_, value)| value)
    }

    /// The items of the list under a key; none when there is no such list.
    pub(super) fn items(&self, key: &str) -> &[Self] {
        let Content::Mapping(entries) = &self.content else { return &[] };
        let named = |node: &Self| matches!(&node.content, Content::Scalar { text, .. } if text == key);
        match entries.iter().find(|(node, _)| named(node)).map(|(_, value)| &value.content) {
            Some(Content::Sequence(items)) => items,
            _ => &[],
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if node.is_null() { Some(None) } else { T::read(node, reader).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// A list. The same item twice is a fault.
impl<T: Read + PartialEq> Read for Vec<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Content::Sequence(items) = &node.content else { return reader.expected("a list", node) };
        let mut values: Self = Self::new();
        for (index, item) in items.iter().enumerate() {
            reader.at(format!("[{index}]"), |reader| match T::read(item, reader) {
                Some(value) if values.contains(&value) => {
                    reader.fault(Some(item.mark), "the same item is in the list twice", None);
                }
                Some(value) => values.push(value),
                None => {}
            });
        }
        Some(values)
    }
}

impl<K: Read + Ord, V: Read> Read for BTreeMap<K, V> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let mut map = Self::new();
        for (text, key, value) in reader.mapping(node)? {
            let entry = reader.at(text, |reader| (K::read(key, reader), V::read(value, reader)));
            if let (Some(key), Some(value)) = entry {
                map.insert(key, value);
            }
        }
        Some(map)
    }
}

/// Free-form values; what they may be is for whoever uses them to say.
impl Read for Map<String, Value> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        Some(reader.mapping(node)?.into_iter().map(|(key, _, value)| (key.to_owned(), to_json(value))).collect())
    }
}

impl Read for String {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.text("a text", node).map(str::to_owned)
    }
}

impl Read for PathBuf {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.text("a path", node).map(Self::from)
    }
}

impl Read for LedgerPlace {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let place = Self::new(reader.text("a file or postgres://user@host/database", node)?);
        if let Self::Postgres(url) = &place
            && url.has_password()
        {
            let help = "leave it out of the address, and give it as PGPASSWORD or in ~/.pgpass";
            reader.fault(Some(node.mark), format!("a password in the address of {url}"), Some(help.to_owned()));
            return None;
        }
        Some(place)
    }
}

impl Read for bool {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.word(&[("true", true), ("false", false)], node)
    }
}

macro_rules! parsed {
    ($($type:ty, $expected:literal, $parse:expr;)*) => {$(
        impl Read for $type {
            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let parse: fn(&str) -> Option<Self> = $parse;
                match parse(reader.text($expected, node)?) {
                    Some(value) => Some(value),
                    None => reader.expected($expected, node),
                }
            }
        }
    )*};
}
pub(super) use parsed;

parsed! {
    u32, "a whole number", |text| text.parse().ok();
    SocketAddr, "an address and port such as 127.0.0.1:9820 or [::]:9820", |text| text.parse().ok();
    Date, "a date such as 2027-03-31", |text| if text.len() == 10 { text.parse().ok() } else { None };
    AccountId, "an AWS account id (12 digits)", |text| Self::new(text).ok().filter(|id| !id.is_unknown());
    RuleId, "a rule id such as aws-s3-public-access-blocked", |text| Self::new(text).ok();
    Region, "an AWS region such as eu-central-1", |text| Self::new(text).ok().filter(looks_regional);
}

/// `eu-central-1`, `us-gov-west-1`, `us-isob-east-1`: words, then a number.
fn looks_regional(region: &Region) -> bool {
    let parts: Vec<&str> = region.as_str().split('-').collect();
    parts.len() >= 3
        && parts.last().is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
        && parts[..parts.len() - 1].iter().all(|part| !part.is_empty())
}

impl Read for Service {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let words: Vec<(&'static str, Self)> = Self::ALL.iter().map(|service| (service.name(), *service)).collect();
        reader.word(&words, node)
    }
}

impl Read for Severity {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let words: Vec<(&'static str, Self)> = Self::ALL.iter().map(|severity| (severity.name(), *severity)).collect();
        reader.word(&words, node)
    }
}
