//! Where a scan puts its metrics page.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::fault::Reader;
use super::read::{Sense, sections};
use super::value::Interval;
use super::yaml::Node;
use crate::metrics::METRICS;

sections! {
    /// Where `plimsoll scan` puts its metrics page, which nobody can scrape once it has ended.
    Publish {
        /// A file for the textfile collector of node_exporter; its name has to end in `.prom`.
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<PathBuf> = None,
        /// A Pushgateway.
        pushgateway: PushgatewayEntry = PushgatewayEntry::default(),
    }

    /// A Pushgateway, and the group of metrics there. Secrets are not written here but named.
    PushgatewayEntry {
        /// Its address, such as `https://pushgateway:9091`. None: nothing is pushed.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String> = None,
        /// The label `job` of the group.
        job: String = "plimsoll".to_owned(),
        /// More labels of the group. Scanners that push to one Pushgateway need different ones.
        labels: BTreeMap<String, String> = BTreeMap::new(),
        /// The user, for basic authentication.
        #[serde(skip_serializing_if = "Option::is_none")]
        username: Option<String> = None,
        /// The file with the user's password.
        #[serde(skip_serializing_if = "Option::is_none")]
        password_file: Option<PathBuf> = None,
        /// The environment variable with the user's password.
        #[serde(skip_serializing_if = "Option::is_none")]
        password_variable: Option<String> = None,
        /// The file with a bearer token.
        #[serde(skip_serializing_if = "Option::is_none")]
        token_file: Option<PathBuf> = None,
        /// The environment variable with a bearer token.
        #[serde(skip_serializing_if = "Option::is_none")]
        token_variable: Option<String> = None,
        /// Attempts, the first one included.
        attempts: u32 = 4,
        /// To establish a connection.
        connect_timeout: Interval = Interval::from_secs(3),
        /// For one attempt.
        attempt_timeout: Interval = Interval::from_secs(10),
        /// For all attempts with the pauses between them.
        timeout: Interval = Interval::from_secs(30),
    }
}

impl Publish {
    /// Whether scans publish their page.
    pub(super) const fn is_somewhere(&self) -> bool {
        self.file.is_some() || self.pushgateway.url.is_some()
    }

    /// Makes relative paths relative to the directory of the configuration.
    pub(super) fn resolve_paths(&mut self, resolve: impl Fn(&mut PathBuf)) {
        let gateway = &mut self.pushgateway;
        [&mut self.file, &mut gateway.password_file, &mut gateway.token_file].into_iter().flatten().for_each(resolve);
    }
}

impl Sense for Publish {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if self.file.as_ref().is_some_and(|file| file.extension().is_none_or(|ending| ending != "prom")) {
            let problem = "the collector only reads files whose name ends in .prom";
            reader.at("file", |reader| reader.fault(Some(node.mark_of("file")), problem, None));
        }
    }
}

impl PushgatewayEntry {
    /// What is wrong with an address of a Pushgateway, if something is. The address is not repeated,
    /// since what does not belong there may be a password.
    #[must_use]
    pub fn address_fault(url: &str) -> Option<&'static str> {
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let Some(rest) = rest else { return Some("an address begins with http:// or https://") };
        let host = rest.split('/').next().unwrap_or_default();
        if host.contains('@') {
            Some("a user and a password do not belong in the address; use username and password_file")
        } else if host.is_empty() || rest.contains(|letter: char| letter.is_whitespace() || "?#".contains(letter)) {
            Some("not an address such as https://pushgateway:9091")
        } else {
            None
        }
    }

    /// What is wrong with a label of the group, if something is.
    ///
    /// The Pushgateway puts the labels of the group in the place of those of the metrics that have
    /// the same name, without a word.
    #[must_use]
    pub fn label_fault(name: &str) -> Option<String> {
        let begins = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
        let valid = begins && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if name == "job" {
            Some("the job has a key of its own".to_owned())
        } else if !valid || name.starts_with("__") {
            Some(format!("{name:?} is not a label: letters, digits and _, not beginning with a digit or __"))
        } else if name == "le" || METRICS.iter().any(|metric| metric.labels.contains(&name)) {
            Some(format!("metrics have a label {name} themselves, which the Pushgateway would overwrite"))
        } else {
            None
        }
    }

    fn sense_credentials(&self, node: &Node, reader: &mut Reader) {
        let passwords =
            [("password_file", self.password_file.is_some()), ("password_variable", self.password_variable.is_some())];
        let tokens = [("token_file", self.token_file.is_some()), ("token_variable", self.token_variable.is_some())];
        let given: Vec<&str> =
            passwords.iter().chain(&tokens).filter(|(_, given)| *given).map(|(key, _)| *key).collect();
        if let [first, second, ..] = given.as_slice() {
            let problem = format!("{first} and {second} are two credentials; name one");
            reader.at(*second, |reader| reader.fault(Some(node.mark_of(second)), problem, None));
        }
        let password = passwords.iter().find(|(_, given)| *given).map(|(key, _)| *key);
        match (&self.username, password) {
            (Some(_), None) => {
                let help = Some("add password_file or password_variable".to_owned());
                let mark = node.mark_of("username");
                reader.at("username", |reader| reader.fault(Some(mark), "there is no password for the user", help));
            }
            (None, Some(key)) => {
                let mark = node.mark_of(key);
                reader.at(key, |reader| reader.fault(Some(mark), "there is no username that has the password", None));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn sense_limits(&self, node: &Node, reader: &mut Reader) {
        if !(1..=10).contains(&self.attempts) {
            let problem = format!("{} is not between 1 and 10", self.attempts);
            reader.at("attempts", |reader| reader.fault(Some(node.mark_of("attempts")), problem, None));
        }
        let limits = [
            ("connect_timeout", self.connect_timeout),
            ("attempt_timeout", self.attempt_timeout),
            ("timeout", self.timeout),
        ];
        if self.connect_timeout == Interval::from_secs(0) {
            let mark = node.mark_of("connect_timeout");
            reader.at("connect_timeout", |reader| reader.fault(Some(mark), "nothing is reached in no time", None));
        }
        for [(inner, shorter), (outer, longer)] in limits.array_windows() {
            if shorter > longer {
                let problem = format!("{longer} is shorter than {inner}, {shorter}, which it must hold");
                reader.at(*outer, |reader| reader.fault(Some(node.mark_of(outer)), problem, None));
            }
        }
    }
}

impl Sense for PushgatewayEntry {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if let Some(problem) = self.url.as_deref().and_then(Self::address_fault) {
            reader.at("url", |reader| reader.fault(Some(node.mark_of("url")), problem, None));
        }
        for (name, problem) in self.labels.keys().filter_map(|name| Some((name, Self::label_fault(name)?))) {
            let help = Some("choose another name for the label".to_owned());
            reader.at("labels", |reader| {
                reader.at(name.as_str(), |reader| reader.fault(Some(node.mark_of("labels")), problem, help));
            });
        }
        self.sense_credentials(node, reader);
        self.sense_limits(node, reader);
    }
}
