//! Requests that are tried again: limits, credentials, and what a refusal says.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::http::{Method, Request, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// How long requests may take, and how often they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To establish a connection.
    pub connect: Duration,
    /// For one attempt.
    pub attempt: Duration,
    /// For all attempts with the pauses between them.
    pub total: Duration,
    /// Attempts, the first one included.
    pub attempts: u32,
}

/// The pause after the first attempt is at most this, and doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// A text that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret as it stands in a file or in the environment, without the end of the line. `None`
    /// when nothing is there, or something that no header can carry.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim_end_matches(['\r', '\n']);
        (!text.is_empty() && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody in particular.
    None,
    /// A user with a password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// Who has a token.
    Bearer(Secret),
}

impl Credentials {
    fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Basic { user, password } => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.0))))
            }
            Self::Bearer(token) => Some(format!("Bearer {}", token.0)),
        }
    }
}

/// Why something was not told.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The other side refuses it.
    #[error("{url} refuses it with status {status}{}{}", said(.message), help(*.status))]
    Refused {
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the answer says, on one line.
        message: String,
    },
    /// There was no answer.
    #[error("{url} cannot be reached in {attempts} attempt(s): {cause}")]
    Unreachable {
        /// Where.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// The trouble with the last attempt.
        cause: String,
    },
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

const fn help(status: u16) -> &'static str {
    match status {
        401 | 403 => "\nhelp: the credentials are missing or wrong; see publish.pushgateway in the configuration",
        404 => "\nhelp: give the address without /metrics, and with the prefix of its pages if it has one",
        300..=399 => "\nhelp: it answers from another address, which is not followed; give that one",
        _ => "",
    }
}

/// Sends requests.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    limits: Limits,
    credentials: Credentials,
}

/// What became of one attempt.
enum Attempt {
    Done,
    /// Another attempt may go better.
    Failed(Trouble),
    /// It would not.
    Refused(Trouble),
}

enum Trouble {
    Status(StatusCode, String),
    Transport(String),
}

impl Client {
    /// A client that trusts whom the operating system trusts, and follows nobody elsewhere.
    #[must_use]
    pub fn new(limits: Limits, credentials: Credentials) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_global(Some(limits.attempt.min(limits.total)))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), limits, credentials }
    }

    /// Sends a request until it is taken, or no further attempt may help. Waits where it is called.
    ///
    /// # Errors
    /// The trouble with the last attempt.
    pub fn send(&self, method: &Method, url: &str, content_type: &str, body: &str) -> Result<(), PublishError> {
        let began = Instant::now();
        let mut attempts = 1;
        loop {
            let left = self.limits.total.saturating_sub(began.elapsed());
            let trouble = match self.attempt(method, url, content_type, body, left) {
                Attempt::Done => return Ok(()),
                Attempt::Refused(trouble) => return Err(error(url, attempts, trouble)),
                Attempt::Failed(trouble) => trouble,
            };
            let pause = pause(attempts, fastrand::f64());
            if attempts >= self.limits.attempts || began.elapsed() + pause >= self.limits.total {
                return Err(error(url, attempts, trouble));
            }
            std::thread::sleep(pause);
            attempts += 1;
        }
    }

    fn attempt(&self, method: &Method, url: &str, content_type: &str, body: &str, left: Duration) -> Attempt {
        let mut request = Request::builder().method(method).uri(url).header(header::CONTENT_TYPE, content_type);
        if let Some(credentials) = self.credentials.header() {
            request = request.header(header::AUTHORIZATION, credentials);
        }
        let request = match request.body(body) {
            Ok(request) => request,
            Err(error) => return Attempt::Refused(Trouble::Transport(error.to_string())),
        };
        let limit = self.limits.attempt.min(left);
        let request = self.agent.configure_request(request).timeout_global(Some(limit)).build();
        let mut response = match self.agent.run(request) {
            Ok(response) => response,
            Err(error) => return Attempt::Failed(Trouble::Transport(error.to_string())),
        };
        let status = response.status();
        if status.is_success() {
            return Attempt::Done;
        }
        let text = response.body_mut().with_config().limit(64 * 1024).lossy_utf8(true).read_to_string();
        let trouble = Trouble::Status(status, one_line(&text.unwrap_or_default()));
        if is_passing(status) { Attempt::Failed(trouble) } else { Attempt::Refused(trouble) }
    }
}

fn error(url: &str, attempts: u32, trouble: Trouble) -> PublishError {
    let url = url.to_owned();
    match trouble {
        Trouble::Status(status, message) => PublishError::Refused { url, status: status.as_u16(), message },
        Trouble::Transport(cause) => PublishError::Unreachable { url, attempts, cause },
    }
}

/// Whether a status tells of trouble that passes.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// The pause after an attempt: half of 500 ms, 1 s, 2 s, …, and a random part of the other half.
fn pause(attempt: u32, random: f64) -> Duration {
    let most = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(10)));
    most / 2 + (most / 2).mul_f64(random)
}

/// The beginning of an answer, without line breaks and whatever a terminal would obey.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_jittered() {
        let of = |attempt, random| pause(attempt, random).as_millis();
        assert_eq!([of(1, 0.0), of(1, 1.0), of(2, 0.0), of(3, 0.5)], [250, 500, 500, 1500]);
    }

    #[test]
    fn a_secret_is_not_printed() {
        let token = Secret::new("hunter2\n").unwrap();
        let client = format!("{:?}", Credentials::Bearer(token.clone()));
        assert!(!client.contains("hunter2"), "{client}");
        assert_eq!(Credentials::Bearer(token).header().as_deref(), Some("Bearer hunter2"));
        assert_eq!(Secret::new("\n"), None);
        assert_eq!(Secret::new("two\nlines"), None);
    }

    #[test]
    fn an_answer_is_told_on_one_line() {
        assert_eq!(one_line("text format\n  parsing\u{1b}[31m error\n"), "text format parsing [31m error");
        assert_eq!(one_line(&"x".repeat(1000)).len(), 300);
    }
}
