//! `plimsoll serve`: scans on a schedule, metrics, API, overview page.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use plimsoll::config::Config;
use plimsoll::exit::Exit;
use plimsoll::ledger::{FailedScan, Ledger, LedgerError};
use plimsoll::metrics::{FailureReason, ScanFailure};
use plimsoll::scan::{Judge, ScanError};
use plimsoll::server::{self, Limits, Scanned, Schedule, Signals, Work};
use tokio_util::sync::CancellationToken;

use super::published::{self, InForce};
use super::{WrongArgument, accounts, clock, ledger_place, load_config_with, notifying, scan};
use crate::cli::{Common, ServeArgs};

/// How long a scan of the schedule waits for another process that records into the ledger.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) async fn run(common: &Common, arguments: &ServeArgs) -> anyhow::Result<Exit> {
    if !arguments.judged_by.frameworks.is_empty() && arguments.ledger.is_none() {
        let problem = "scans by --framework in the ledger of all scans would end the findings of all other rules";
        let help = "name a ledger for them with --ledger, or choose rules.frameworks in the configuration";
        return Err(WrongArgument { argument: "--framework", problem: problem.to_owned(), help }.into());
    }
    let config = load_config_with(common, &arguments.judged_by)?;
    let ledger = Ledger::open(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let in_force = read(config, arguments, &ledger).await?;
    let address = arguments.listen.unwrap_or(in_force.config.server.listen);
    let read_anew = {
        let (common, arguments, ledger) = (common.clone(), arguments.clone(), ledger.clone());
        move || {
            let (config, arguments, ledger) =
                (load_config_with(&common, &arguments.judged_by), arguments.clone(), ledger.clone());
            async move { read(config?, &arguments, &ledger).await }
        }
    };
    serve(ledger, in_force, address, read_anew).await?;
    Ok(Exit::Success)
}

/// Scans and serves until told to stop. `read_anew` gives the rules and configuration of a
/// reload.
pub(super) async fn serve<Read>(
    ledger: Ledger,
    in_force: InForce,
    address: SocketAddr,
    read_anew: impl Fn() -> Read + Send + Sync + 'static,
) -> anyhow::Result<()>
where
    Read: Future<Output = anyhow::Result<InForce>> + Send + 'static,
{
    let signals = Signals::of_the_process()?;
    let listener = server::listen(address).await?;
    let first = published::remembered(&ledger, &in_force.judge, &in_force.config, clock()).await?;
    let schedule = schedule(&in_force.config);
    let current = Arc::new(RwLock::new(in_force));
    let scan = {
        let (ledger, current) = (ledger.clone(), Arc::clone(&current));
        move |stop| {
            let in_force = current.read().unwrap_or_else(PoisonError::into_inner).clone();
            scheduled(ledger.clone(), in_force, stop)
        }
    };
    let reload = move || {
        let (read, current) = (read_anew(), Arc::clone(&current));
        async move {
            let new = read.await.map_err(|error| format!("{error:#}"))?;
            let schedule = self::schedule(&new.config);
            *current.write().unwrap_or_else(PoisonError::into_inner) = new;
            Ok(schedule)
        }
    };
    let record = {
        let ledger = ledger.clone();
        move |failed| record_failure(ledger.clone(), failed)
    };
    let decisions = {
        let ledger = ledger.clone();
        move || {
            let ledger = ledger.clone();
            async move {
                let counted = published::decisions(&ledger).await;
                counted.inspect_err(|error| tracing::debug!(%error, "what the gate answered is not known")).ok()
            }
        }
    };
    let work = Work::new(scan, reload, record).with_decisions(decisions);
    server::serve(listener, schedule, Limits::default(), first, work, signals).await?;
    ledger.close().await;
    Ok(())
}

async fn read(config: Config, arguments: &ServeArgs, ledger: &Ledger) -> anyhow::Result<InForce> {
    let judge = Judge::configured(&config)?.recall(&ledger.rules().await?);
    for note in judge.notes() {
        tracing::warn!("{note}");
    }
    for (rule, cause) in judge.quarantined() {
        tracing::warn!(%rule, %cause, "a rule cannot be used, its evaluations are unknown");
    }
    let accounts = accounts(&config, &arguments.access)?;
    Ok(InForce { config: Arc::new(config), judge: Arc::new(judge), accounts: Arc::new(accounts) })
}

fn schedule(config: &Config) -> Schedule {
    Schedule {
        interval: config.schedule.interval.duration(),
        jitter: config.schedule.jitter.duration(),
        scan_limit: config.collect.scan_timeout.duration(),
    }
}

/// One scan of the schedule. When told to stop it ends at once: what is recorded is recorded
/// whole, and a scan that was not recorded leaves no trace but its failure.
async fn scheduled(ledger: Ledger, in_force: InForce, stop: CancellationToken) -> Result<Scanned, ScanFailure> {
    tokio::select! {
        () = stop.cancelled() => {
            Err(ScanFailure { reason: FailureReason::TimedOut, message: "the scan was told to stop".to_owned() })
        }
        scanned = one(&ledger, &in_force) => scanned,
    }
}

async fn one(ledger: &Ledger, in_force: &InForce) -> Result<Scanned, ScanFailure> {
    let InForce { config, judge, accounts } = in_force;
    let broken = |error: LedgerError| published::failure(&ScanError::Ledger(error));
    let writer = ledger.writer("plimsoll serve", PATIENCE).await.map_err(broken)?;
    let outcome = scan::one(ledger, &writer, judge, config, accounts, &|_step| {})
        .await
        .map_err(|(error, _started)| published::failure(&error))?;
    // Beside what follows: who is told may be slow.
    let (telling, of) = (ledger.clone(), Arc::clone(config));
    tokio::spawn(async move { notifying::deliver(&telling, &of).await });
    published::scanned(ledger, outcome, judge, config).await.map_err(broken)
}

/// Leaves a trace of a scan without verdict; trouble with the ledger is only logged, since the
/// scan's own failure is already shown.
async fn record_failure(ledger: Ledger, failed: FailedScan) {
    let recorded = match ledger.writer("plimsoll serve", PATIENCE).await {
        Ok(writer) => writer.record_failure(&failed).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = recorded {
        tracing::warn!(%error, "the failed scan could not be recorded");
    }
}
