//! Where the page of a scan goes that does not stay to be scraped: a file, a Pushgateway.
//!
//! Trouble with publishing does not change the verdict of a scan; it is said, and the age of the
//! data on the other side shows it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use plimsoll::config::{Config, PushgatewayEntry};
use plimsoll::ledger::Ledger;
use plimsoll::metrics::{Published, render, render_failure, render_times};
use plimsoll::publish::{self, Client, Credentials, Limits, PublishError, Pushgateway, Secret};
use plimsoll::scan::Judge;

use super::{WrongArgument, clock, published};
use crate::cli::PublishArgs;

/// Where pages go.
#[derive(Debug, Clone, Default)]
pub(super) struct Publishing {
    file: Option<PathBuf>,
    gateway: Option<Arc<Pushgateway>>,
}

impl Publishing {
    /// What configuration and command line say. Secrets are read now, so that one that is missing
    /// is known before the scan.
    pub(super) fn of(config: &Config, arguments: &PublishArgs) -> anyhow::Result<Self> {
        let file = arguments.metrics_file.clone().or_else(|| config.publish.file.clone());
        Ok(Self { file, gateway: gateway(config, arguments)?.map(Arc::new) })
    }

    /// Whether pages go nowhere.
    pub(super) const fn is_nowhere(&self) -> bool {
        self.file.is_none() && self.gateway.is_none()
    }

    /// The group on the Pushgateway.
    pub(super) const fn gateway(&self) -> Option<&Arc<Pushgateway>> {
        self.gateway.as_ref()
    }

    /// Puts a page in the place of the one before, wherever pages go; tells where it could not.
    pub(super) async fn page(&self, published: &Published) -> Vec<anyhow::Error> {
        let page = render(published, clock());
        let mut trouble: Vec<anyhow::Error> = self.write(&page).err().into_iter().collect();
        trouble.extend(self.push(move |gateway| gateway.put(&page)).await.err());
        trouble
    }

    /// The same after a scan, whose verdict stands whatever becomes of the page.
    pub(super) async fn scanned(&self, published: &Published) {
        published.warn_of_folding(clock());
        say(&self.page(published).await);
    }

    /// Publishes that a scan brought no values, and leaves the last good ones as they are.
    pub(super) async fn failed(&self, ledger: &Ledger, judge: &Judge, config: &Config, started: Timestamp) {
        if self.is_nowhere() {
            return;
        }
        let page = match published::remembered(ledger, judge, config, clock()).await {
            Ok(remembered) => remembered.published,
            Err(error) => {
                tracing::warn!(%error, "the ledger does not say how many scans failed");
                return self.broken(judge, config, started).await;
            }
        };
        let page = ended(page, started);
        let mut trouble = Vec::new();
        // A ledger without a scan knows less than a file that is there may hold.
        if page.scan.is_some() || !self.file.as_ref().is_some_and(|file| file.exists()) {
            trouble.extend(self.write(&render(&page, clock())).err());
        }
        let failure = render_failure(&page, clock());
        trouble.extend(self.push(move |gateway| gateway.post(&failure)).await.err());
        say(&trouble);
    }

    /// The same when the ledger cannot be read: only that a scan ended is known. A file cannot be
    /// written in part, and stays.
    pub(super) async fn broken(&self, judge: &Judge, config: &Config, started: Timestamp) {
        let page = ended(published::page_of(judge, config), started);
        let times = render_times(&page, clock());
        say(&self.push(move |gateway| gateway.post(&times)).await.err().into_iter().collect::<Vec<_>>());
    }

    fn write(&self, page: &str) -> anyhow::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        publish::replace(path, page).with_context(|| format!("cannot write the metrics page {}", path.display()))
    }

    async fn push<Send>(&self, send: Send) -> anyhow::Result<()>
    where
        Send: FnOnce(&Pushgateway) -> Result<(), PublishError> + std::marker::Send + 'static,
    {
        let Some(gateway) = self.gateway.clone() else { return Ok(()) };
        // Requests wait where they are called.
        let sent = tokio::task::spawn_blocking(move || send(&gateway)).await;
        sent.context("pushing has stopped by a fault of the program")?.context("the metrics page was not pushed")
    }
}

fn ended(mut page: Published, started: Timestamp) -> Published {
    page.last_start = Some(started);
    page.last_completion = Some(clock());
    page
}

fn say(trouble: &[anyhow::Error]) {
    for error in trouble {
        tracing::error!("{error:#}");
    }
}

fn gateway(config: &Config, arguments: &PublishArgs) -> anyhow::Result<Option<Pushgateway>> {
    let entry = &config.publish.pushgateway;
    let Some(url) = arguments.pushgateway.as_ref().or(entry.url.as_ref()) else { return Ok(None) };
    if let Some(problem) = PushgatewayEntry::address_fault(url) {
        let help = "give the address of a Pushgateway, such as https://pushgateway:9091";
        return Err(WrongArgument { argument: "--pushgateway", problem: problem.to_owned(), help }.into());
    }
    let credentials = credentials(entry)?;
    if credentials != Credentials::None && url.starts_with("http://") {
        tracing::warn!("the credentials of the Pushgateway travel unencrypted; use https://");
    }
    let limits = Limits {
        connect: entry.connect_timeout.duration(),
        attempt: entry.attempt_timeout.duration(),
        total: entry.timeout.duration(),
        attempts: entry.attempts,
    };
    Ok(Some(Pushgateway::new(Client::new(limits, credentials), url, &entry.job, &entry.labels)))
}

fn credentials(entry: &PushgatewayEntry) -> anyhow::Result<Credentials> {
    let password = secret(entry.password_file.as_ref(), entry.password_variable.as_deref())?;
    let token = secret(entry.token_file.as_ref(), entry.token_variable.as_deref())?;
    Ok(match (&entry.username, password, token) {
        (Some(user), Some(password), _) => Credentials::Basic { user: user.clone(), password },
        (_, _, Some(token)) => Credentials::Bearer(token),
        _ => Credentials::None,
    })
}

/// A secret from a file or from the environment. What stands there is in no message.
pub(super) fn secret(file: Option<&PathBuf>, variable: Option<&str>) -> anyhow::Result<Option<Secret>> {
    let (text, place) = match (file, variable) {
        (Some(path), _) => {
            let place = path.display().to_string();
            (std::fs::read_to_string(path).with_context(|| format!("cannot read the secret in {place}"))?, place)
        }
        (None, Some(name)) => {
            let place = format!("the environment variable {name}");
            (std::env::var(name).ok().with_context(|| format!("{place} is not set"))?, place)
        }
        (None, None) => return Ok(None),
    };
    let secret = Secret::new(&text).with_context(|| format!("{place} holds no secret of one line"))?;
    Ok(Some(secret))
}
