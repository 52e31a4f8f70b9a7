//! Telling of transitions of the budget policy: what the ledger has as pending, after a scan.
//!
//! A receiver never fails a scan, and delays it by [`ROUND`] at most. Everybody is told in the order
//! of the transitions, each at least once: a process that is killed between telling and writing that
//! down tells again, and the number of the transition is in the document. A try is counted before it
//! is made. After so many tries as the configuration allows it is given up, and stays in the ledger as a
//! dead letter until somebody has it tried again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures::future::join_all;
use jiff::SignedDuration;
use plimsoll::config::{Config, NotifyEntry, WebhookEntry};
use plimsoll::ledger::{Delivery, Ledger, LedgerError, Notification};
use plimsoll::publish::{Credentials, NotTold, Secret, Webhook, slack, tell_program};
use serde::Serialize;
use serde_json::json;

use super::clock;
use super::publishing::secret;

/// All that telling may take after one scan.
const ROUND: Duration = Duration::from_secs(20);
/// With less time left than this nothing is tried any more.
const LEAST: Duration = Duration::from_millis(200);
/// How often one receiver is tried after one scan.
const TRIES: u32 = 3;
/// The pause after the first try is at most this, and doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// How long after a try another scan tries again: no process is at it still.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// What became of telling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Told {
    /// Those who were told.
    pub(super) sent: usize,
    /// Tries that failed.
    pub(super) failed: usize,
    /// Those who are given up now.
    pub(super) given_up: usize,
}

/// Tells everybody who is still to be told. Trouble is said, and is in the ledger.
pub(super) async fn deliver(ledger: &Ledger, config: &Config) -> Told {
    match round(ledger, config).await {
        Ok(told) => told,
        Err(error) => {
            tracing::warn!(%error, "the ledger does not say who is to be told of transitions, or not keep who was");
            Told::default()
        }
    }
}

async fn round(ledger: &Ledger, config: &Config) -> Result<Told, LedgerError> {
    let now = clock();
    let mut by_target: BTreeMap<String, Vec<Notification>> = BTreeMap::new();
    for one in ledger.pending().await? {
        by_target.entry(one.target.clone()).or_default().push(one);
    }
    let is_due = |one: &Notification| one.attempts == 0 || one.at > now || now.duration_since(one.at) >= AGAIN;
    // While the first one waits to be tried again the others wait behind it.
    by_target.retain(|_, due| due.first().is_some_and(is_due));
    let began = Instant::now();
    let targets = by_target.into_iter().map(|(name, due)| {
        let entry = config.budget_policy.notify.iter().find(|entry| entry.name == name);
        one_target(ledger, entry, due, began)
    });
    let mut sum = Told::default();
    for told in join_all(targets).await {
        let told = told?;
        sum.sent += told.sent;
        sum.failed += told.failed;
        sum.given_up += told.given_up;
    }
    Ok(sum)
}

async fn one_target(
    ledger: &Ledger,
    entry: Option<&NotifyEntry>,
    due: Vec<Notification>,
    began: Instant,
) -> Result<Told, LedgerError> {
    let mut told = Told::default();
    let way = match entry.map(Way::of) {
        Some(Ok(way)) => Ok(Arc::new(way)),
        Some(Err(error)) => Err(format!("{error:#}")),
        None => Err("the configuration does not name this target any more".to_owned()),
    };
    let most = entry.map_or(1, NotifyEntry::most_attempts);
    for mut one in due {
        let mut tries = 0;
        loop {
            let left = ROUND.saturating_sub(began.elapsed());
            if left < LEAST || !ledger.begin_telling(&one, clock()).await? {
                return Ok(told);
            }
            one.attempts += 1;
            tries += 1;
            let limit = entry.map_or(left, |entry| entry.limit().min(left));
            let outcome = match &way {
                Ok(way) => tell(Arc::clone(way), &one, limit).await,
                Err(cause) => Err(NotTold(cause.clone())),
            };
            one.at = clock();
            match outcome {
                Ok(()) => {
                    (one.delivery, one.error) = (Delivery::Sent, None);
                    ledger.delivered(&one).await?;
                    told.sent += 1;
                    break;
                }
                Err(NotTold(cause)) => {
                    told.failed += 1;
                    let is_last = one.attempts >= most;
                    tracing::warn!(
                        receiver = one.target,
                        attempts = one.attempts,
                        is_last,
                        cause,
                        "nobody was told of a transition"
                    );
                    one.error = Some(cause);
                    one.delivery = if is_last { Delivery::GivenUp } else { Delivery::Pending };
                    ledger.delivered(&one).await?;
                    if is_last {
                        told.given_up += 1;
                        break;
                    }
                    if tries == TRIES {
                        return Ok(told);
                    }
                    tokio::time::sleep(pause(tries, fastrand::f64())).await;
                }
            }
        }
    }
    Ok(told)
}

/// The pause after a try: half of 500 ms, 1 s, …, and a random part of the other half.
fn pause(tries: u32, random: f64) -> Duration {
    let most = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1).min(10)));
    most / 2 + (most / 2).mul_f64(random)
}

/// How somebody is told.
enum Way {
    Webhook(Webhook),
    Slack(Webhook),
    Program(Vec<String>),
}

impl Way {
    /// As the configuration says. Secrets are read now, and are in no message.
    fn of(entry: &NotifyEntry) -> anyhow::Result<Self> {
        Ok(match (&entry.webhook, &entry.slack, &entry.command) {
            (Some(entry), ..) => Self::Webhook(webhook(entry)?),
            (None, Some(entry), _) => Self::Slack(webhook(entry)?),
            (None, None, Some(argv)) => Self::Program(argv.words().to_vec()),
            (None, None, None) => anyhow::bail!("the configuration does not say how"),
        })
    }
}

fn webhook(entry: &WebhookEntry) -> anyhow::Result<Webhook> {
    let address = match &entry.url {
        Some(url) => Secret::new(url),
        None => secret(entry.url_file.as_ref(), entry.url_variable.as_deref())?,
    };
    let password = secret(entry.password_file.as_ref(), entry.password_variable.as_deref())?;
    let token = secret(entry.token_file.as_ref(), entry.token_variable.as_deref())?;
    let credentials = match (&entry.username, password, token) {
        (Some(user), Some(password), _) => Credentials::Basic { user: user.clone(), password },
        (_, _, Some(token)) => Credentials::Bearer(token),
        _ => Credentials::None,
    };
    Ok(Webhook::new(address.context("there is no address")?, credentials))
}

/// Tells one, on a thread where waiting disturbs nobody.
async fn tell(way: Arc<Way>, one: &Notification, limit: Duration) -> Result<(), NotTold> {
    let (document, text) = (document(one), format!("plimsoll: {}", one.transition.transition));
    let telling = tokio::task::spawn_blocking(move || match &*way {
        Way::Webhook(webhook) => webhook.post(&document, limit),
        Way::Slack(webhook) => webhook.post(&slack(&text), limit),
        Way::Program(words) => tell_program(words, &format!("{document}\n"), limit),
    });
    match tokio::time::timeout(limit.saturating_mul(2), telling).await {
        Ok(Ok(told)) => told,
        Ok(Err(fault)) => Err(NotTold(format!("telling ended by a fault of the program: {fault}"))),
        Err(_elapsed) => Err(NotTold(format!("it did not end in {} s", limit.as_secs_f64()))),
    }
}

/// What a webhook and a program are given, format 1.
fn document(one: &Notification) -> String {
    let transition = &one.transition.transition;
    json!({
        "format": 1,
        "event": if transition.begins { "began" } else { "ended" },
        "transition": one.transition.id,
        "objective": transition.slo,
        "action": transition.action,
        "at": transition.at,
        "cause": transition.cause,
        "text": transition.to_string(),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_jittered() {
        let of = |tries, random| pause(tries, random).as_millis();
        assert_eq!([of(1, 0.0), of(1, 1.0), of(2, 0.0), of(3, 0.5)], [250, 500, 500, 1500]);
    }
}
