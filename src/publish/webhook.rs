//! Posting one document to an address that may be a secret.

use std::time::Duration;

use serde_json::json;
use ureq::http::Method;

use super::client::one_line;
use super::{Client, Credentials, Limits, PublishError, Secret};

/// Why somebody was not told, in a sentence without the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTold(pub String);

/// An address that documents are posted to. No error and no log holds it.
#[derive(Debug, Clone)]
pub struct Webhook {
    address: Secret,
    credentials: Credentials,
}

impl Webhook {
    /// A webhook at this address.
    #[must_use]
    pub const fn new(address: Secret, credentials: Credentials) -> Self {
        Self { address, credentials }
    }

    /// Posts a JSON document, once. Waits where it is called, for this long at most.
    ///
    /// # Errors
    /// When it was not taken.
    pub fn post(&self, body: &str, limit: Duration) -> Result<(), NotTold> {
        let limits = Limits { connect: limit, attempt: limit, total: limit, attempts: 1 };
        let client = Client::new(limits, self.credentials.clone());
        let sent = client.send(&Method::POST, self.address.reveal(), "application/json", body);
        sent.map_err(|error| NotTold(self.without_address(&said(error))))
    }

    /// A text without the address, or the part of it behind the host, which is the secret one.
    fn without_address(&self, text: &str) -> String {
        let address = self.address.reveal();
        let path = address.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let text = text.replace(address, "the address");
        let text = match path.filter(|path| path.len() > 1) {
            Some(path) => text.replace(path, "/…"),
            None => text,
        };
        one_line(&text)
    }
}

fn said(error: PublishError) -> String {
    match error {
        PublishError::Refused { status, message, .. } if message.is_empty() => {
            format!("it answers with status {status}")
        }
        PublishError::Refused { status, message, .. } => format!("it answers with status {status}: {message}"),
        PublishError::Unreachable { cause, .. } => format!("it cannot be reached: {cause}"),
    }
}

/// The document that Slack takes. Its three special characters are written as it asks for.
/// Source: <https://docs.slack.dev/messaging/formatting-message-text/#escaping>.
#[must_use]
pub fn slack(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": escaped }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_is_told_what_no_markup_can_be_made_of() {
        assert_eq!(slack("a <!channel> & \"b\""), r#"{"text":"a &lt;!channel&gt; &amp; \"b\""}"#);
    }

    #[test]
    fn no_error_holds_the_secret_part_of_the_address() {
        let address = Secret::new("https://hooks.example.com/services/T0/hunter2").unwrap();
        let webhook = Webhook::new(address, Credentials::None);
        let text = "bad uri https://hooks.example.com/services/T0/hunter2 at /services/T0/hunter2";
        assert_eq!(webhook.without_address(text), "bad uri the address at /…");
        assert!(!format!("{webhook:?}").contains("hunter2"));
    }
}
