//! The Pushgateway: keeps the page of a scan so that Prometheus can scrape it when the scan is gone.
//!
//! A page takes the place of the whole group. What a failed scan has to say only replaces metrics of
//! the same names, so that the last good values stay. The Pushgateway takes the text format without
//! timestamps and exemplars only.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ureq::http::Method;

use super::client::{Client, PublishError};

/// What the Pushgateway accepts.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One group of metrics on a Pushgateway.
#[derive(Debug, Clone)]
pub struct Pushgateway {
    client: Client,
    url: String,
}

impl Pushgateway {
    /// The group of a job with these labels, at the address of a Pushgateway.
    #[must_use]
    pub fn new(client: Client, address: &str, job: &str, labels: &BTreeMap<String, String>) -> Self {
        let mut url = format!("{}/metrics", address.trim_end_matches('/'));
        push_label(&mut url, "job", job);
        for (name, value) in labels {
            push_label(&mut url, name, value);
        }
        Self { client, url }
    }

    /// Where the group is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Puts a page in the place of the group.
    ///
    /// # Errors
    /// When the Pushgateway refuses it or does not answer; then the group is as it was before.
    pub fn put(&self, page: &str) -> Result<(), PublishError> {
        self.client.send(&Method::PUT, &self.url, CONTENT_TYPE, page)
    }

    /// Replaces the metrics of the page, and leaves those of other names as they are.
    ///
    /// # Errors
    /// When the Pushgateway refuses it or does not answer; then the group is as it was before.
    pub fn post(&self, page: &str) -> Result<(), PublishError> {
        self.client.send(&Method::POST, &self.url, CONTENT_TYPE, page)
    }

    /// Removes the group.
    ///
    /// # Errors
    /// When the Pushgateway refuses it or does not answer.
    pub fn delete(&self) -> Result<(), PublishError> {
        self.client.send(&Method::DELETE, &self.url, CONTENT_TYPE, "")
    }
}

/// Appends `/name/value`. A value with other than plain letters is written in base64, as the
/// Pushgateway's documentation has it; an empty one as `=`.
fn push_label(url: &mut String, name: &str, value: &str) {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
    let is_plain = !value.is_empty() && value != "." && value != ".." && value.bytes().all(plain);
    let _ = match value {
        value if is_plain => write!(url, "/{name}/{value}"),
        "" => write!(url, "/{name}@base64/="),
        value => write!(url, "/{name}@base64/{}", URL_SAFE_NO_PAD.encode(value)),
    };
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::client::{Credentials, Limits};
    use super::*;

    #[test]
    fn the_group_is_in_the_address() {
        let second = Duration::from_secs(1);
        let client =
            Client::new(Limits { connect: second, attempt: second, total: second, attempts: 1 }, Credentials::None);
        let url = |address: &str, labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Pushgateway::new(client.clone(), address, "plimsoll", &labels).url().to_owned()
        };
        assert_eq!(url("http://gateway:9091", &[]), "http://gateway:9091/metrics/job/plimsoll");
        assert_eq!(
            url("https://host/push/", &[("scope", "prod"), ("path", "/var/tmp")]),
            "https://host/push/metrics/job/plimsoll/path@base64/L3Zhci90bXA/scope/prod"
        );
        assert_eq!(url("http://g", &[("scope", "..")]), "http://g/metrics/job/plimsoll/scope@base64/Li4");
        assert_eq!(url("http://g", &[("scope", "")]), "http://g/metrics/job/plimsoll/scope@base64/=");
    }
}
