//! The key `notify` of the budget policy: who is told when a stage begins or ends, as written -> as
//! meant.
//!
//! An address of a chat is a secret, and so are credentials: each can be left out of the file, and read
//! from another one or from the environment.

use std::borrow::Cow;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::fault::Reader;
use super::read::{Read, entries};
use super::slo::fault;
use super::value::Interval;
use super::yaml::{Content, Node};
use crate::model::Pattern;
use crate::slo::policy::{Action, Target};

entries! {
    /// Somebody who is told, by one of `webhook`, `slack` and `command`, when a stage or burn rate of the
    /// policy begins or ends.
    NotifyEntry {
        /// Its name.
        name: String,
        /// A JSON document is posted there.
        #[serde(skip_serializing_if = "Option::is_none")]
        webhook: Option<WebhookEntry>,
        /// An incoming webhook of Slack, or of what takes the same: `{"text": …}` is posted there.
        #[serde(skip_serializing_if = "Option::is_none")]
        slack: Option<WebhookEntry>,
        /// A program with its arguments, such as `[/usr/local/bin/page, --team, web]`. It is given the
        /// JSON document on its standard input, and has to end with 0.
        #[serde(skip_serializing_if = "Option::is_none")]
        command: Option<Argv>,
        /// Only of these actions. None: of all.
        #[serde(skip_serializing_if = "Option::is_none")]
        actions: Option<Vec<Action>>,
        /// Only of these objectives, by name or pattern. None: of all.
        #[serde(skip_serializing_if = "Option::is_none")]
        objectives: Option<Vec<Pattern>>,
        /// How long one try may take, from 1s to 15s. None: 5s.
        #[serde(skip_serializing_if = "Option::is_none")]
        time_limit: Option<Interval>,
        /// How often it is tried, over several scans, before it is given up. None: 12.
        #[serde(skip_serializing_if = "Option::is_none")]
        attempts: Option<u32>,
    }

    /// Where something is posted to. One of the three kinds of address is needed.
    WebhookEntry {
        /// The address, such as `https://hooks.example.com/plimsoll`.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// The file with the address, if it is a secret.
        #[serde(skip_serializing_if = "Option::is_none")]
        url_file: Option<PathBuf>,
        /// The environment variable with the address.
        #[serde(skip_serializing_if = "Option::is_none")]
        url_variable: Option<String>,
        /// The user, for basic authentication.
        #[serde(skip_serializing_if = "Option::is_none")]
        username: Option<String>,
        /// The file with the user's password.
        #[serde(skip_serializing_if = "Option::is_none")]
        password_file: Option<PathBuf>,
        /// The environment variable with the user's password.
        #[serde(skip_serializing_if = "Option::is_none")]
        password_variable: Option<String>,
        /// The file with a bearer token.
        #[serde(skip_serializing_if = "Option::is_none")]
        token_file: Option<PathBuf>,
        /// The environment variable with a bearer token.
        #[serde(skip_serializing_if = "Option::is_none")]
        token_variable: Option<String>,
    }
}

/// A program and its arguments. Unlike other lists it may hold the same text twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Argv(Vec<String>);

impl Argv {
    /// The program first.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl Read for Argv {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Content::Sequence(items) = &node.content else {
            return reader.expected("a list: a program and its arguments", node);
        };
        let word = |(index, item): (usize, &Node)| reader.at(format!("[{index}]"), |reader| String::read(item, reader));
        let words: Vec<String> = items.iter().enumerate().filter_map(word).collect();
        if words.is_empty() {
            return reader.expected("a list: a program and its arguments", node);
        }
        Some(Self(words))
    }
}

impl JsonSchema for Argv {
    fn schema_name() -> Cow<'static, str> {
        "Argv".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "array", "items": {"type": "string"}, "minItems": 1})
    }
}

/// The longest that a try may take. All of a scan's tries have 20 s.
const LONGEST: Interval = Interval::from_secs(15);

impl NotifyEntry {
    /// Who is told, and of what.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            name: self.name.clone(),
            actions: self.actions.clone().unwrap_or_else(|| Action::ALL.to_vec()),
            objectives: self.objectives.clone().unwrap_or_else(|| vec![Pattern::new("*")]),
        }
    }

    /// How long one try may take.
    #[must_use]
    pub fn limit(&self) -> std::time::Duration {
        self.time_limit.unwrap_or(Interval::from_secs(5)).duration()
    }

    /// How often it is tried.
    #[must_use]
    pub fn most_attempts(&self) -> u32 {
        self.attempts.unwrap_or(12)
    }

    pub(super) fn resolve_paths(&mut self, resolve: impl Fn(&mut PathBuf)) {
        for entry in [&mut self.webhook, &mut self.slack].into_iter().flatten() {
            let files = [&mut entry.url_file, &mut entry.password_file, &mut entry.token_file];
            files.into_iter().flatten().for_each(&resolve);
        }
    }

    fn sense(&self, node: &Node, reader: &mut Reader) {
        let ways =
            [("webhook", self.webhook.is_some()), ("slack", self.slack.is_some()), ("command", self.command.is_some())];
        one_of(&ways, node, reader);
        for (key, entry) in [("webhook", &self.webhook), ("slack", &self.slack)] {
            if let Some(entry) = entry {
                reader.at(key, |reader| entry.sense(node.value_of(key), reader));
            }
        }
        if self.actions.as_ref().is_some_and(Vec::is_empty) {
            let help = Some("leave the key out for all actions");
            fault(reader, "actions", node.mark_of("actions"), "the list is empty", help);
        }
        if let Some(limit) = self.time_limit.filter(|limit| !(Interval::from_secs(1)..=LONGEST).contains(limit)) {
            let problem = format!("{limit} is not between 1s and {LONGEST}");
            fault(reader, "time_limit", node.mark_of("time_limit"), problem, None);
        }
        if let Some(attempts) = self.attempts.filter(|attempts| !(1..=100).contains(attempts)) {
            let problem = format!("{attempts} is not between 1 and 100");
            fault(reader, "attempts", node.mark_of("attempts"), problem, None);
        }
    }
}

impl WebhookEntry {
    /// What is wrong with an address, if something is. It is not repeated, since it may be a secret.
    #[must_use]
    pub fn address_fault(url: &str) -> Option<&'static str> {
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let Some(rest) = rest else { return Some("an address begins with http:// or https://") };
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        if host.contains('@') {
            Some("a user and a password do not belong in the address; use username and password_file")
        } else if host.is_empty() || rest.contains(|letter: char| letter.is_whitespace() || letter == '#') {
            Some("not an address such as https://hooks.example.com/plimsoll")
        } else {
            None
        }
    }

    fn sense(&self, node: &Node, reader: &mut Reader) {
        let addresses = [
            ("url", self.url.is_some()),
            ("url_file", self.url_file.is_some()),
            ("url_variable", self.url_variable.is_some()),
        ];
        one_of(&addresses, node, reader);
        if let Some(problem) = self.url.as_deref().and_then(Self::address_fault) {
            fault(reader, "url", node.mark_of("url"), problem, None);
        }
        let credentials = [
            ("password_file", self.password_file.is_some()),
            ("password_variable", self.password_variable.is_some()),
            ("token_file", self.token_file.is_some()),
            ("token_variable", self.token_variable.is_some()),
        ];
        let given: Vec<&str> = credentials.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
        if let [first, second, ..] = given.as_slice() {
            let problem = format!("{first} and {second} are two credentials; name one");
            fault(reader, second, node.mark_of(second), problem, None);
        }
        let password = given.iter().find(|key| key.starts_with("password"));
        match (&self.username, password) {
            (Some(_), None) => {
                let help = Some("add password_file or password_variable");
                fault(reader, "username", node.mark_of("username"), "there is no password for the user", help);
            }
            (None, Some(key)) => {
                fault(reader, key, node.mark_of(key), "there is no username that has the password", None);
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}

/// Exactly one of several keys must be there.
fn one_of(keys: &[(&'static str, bool)], node: &Node, reader: &mut Reader) {
    let names: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
    let given: Vec<&str> = keys.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
    let help = format!("name one of {}", names.join(", "));
    match given.as_slice() {
        [_] => {}
        [] => reader.fault(Some(node.mark), "a key is missing", Some(help)),
        [first, second, ..] => {
            let problem = format!("there is {first} already");
            reader.at(*second, |reader| reader.fault(Some(node.mark_of(second)), problem, Some(help)));
        }
    }
}

/// What must hold of everybody who is told; `node` holds the list under `notify`.
pub(super) fn sense(entries: &[NotifyEntry], node: &Node, reader: &mut Reader) {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for (index, (entry, item)) in entries.iter().zip(node.items("notify")).enumerate() {
        let mark = item.mark_of("name");
        reader.at(format!("notify[{index}]"), |reader| {
            if let Some((_, line)) = names.iter().find(|(name, _)| *name == entry.name) {
                let problem = format!("{} is there twice, first in line {line}", entry.name);
                fault(reader, "name", mark, problem, None);
            }
            entry.sense(item, reader);
        });
        names.push((&entry.name, mark.line));
    }
}
