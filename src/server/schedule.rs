//! When scans run: the first at once, then one per interval, never two at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::{ScanFailure, Scanned, Signals};
use crate::ledger::FailedScan;
use crate::metrics::{FailureReason, GateDecision};

/// When scans run, and how long one may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Time from the start of one scan to the start of the next. A scan that takes longer is
    /// followed by the next at once.
    pub interval: Duration,
    /// At most this much is added to each interval, at random, so that many scanners do not ask
    /// at the same moment.
    pub jitter: Duration,
    /// A scan that takes longer than this is stopped and counts as failed.
    pub scan_limit: Duration,
}

/// What the server has others do.
pub struct Work {
    scan: Box<dyn Fn(CancellationToken) -> BoxFuture<'static, Result<Scanned, ScanFailure>> + Send + Sync>,
    reload: Box<dyn Fn() -> BoxFuture<'static, Result<Schedule, String>> + Send + Sync>,
    record_failure: Box<dyn Fn(FailedScan) -> BoxFuture<'static, ()> + Send + Sync>,
    decisions: Box<dyn Fn() -> BoxFuture<'static, Option<Decisions>> + Send + Sync>,
}

/// What the gate answered, by answer and reason.
pub type Decisions = BTreeMap<(GateDecision, String), u64>;

/// How often it is looked what the gate has answered since the last scan, in whatever process.
const DECISIONS_EVERY: Duration = Duration::from_secs(15);
const DECISIONS_LIMIT: Duration = Duration::from_secs(5);

impl Work {
    /// `scan` is called for each scan, never twice at once, with a token that is cancelled when
    /// the scan has to stop. `reload` reads rules and configuration anew; when it refuses, with
    /// the reason, everything has to stay as it was. `record_failure` is told of every scan that
    /// brought no values, those included that panicked or took too long; `scan` does not record
    /// its own failures.
    pub fn new<Scan, Scanning, Reload, Reloading, Record, Recording>(
        scan: Scan,
        reload: Reload,
        record_failure: Record,
    ) -> Self
    where
        Scan: Fn(CancellationToken) -> Scanning + Send + Sync + 'static,
        Scanning: Future<Output = Result<Scanned, ScanFailure>> + Send + 'static,
        Reload: Fn() -> Reloading + Send + Sync + 'static,
        Reloading: Future<Output = Result<Schedule, String>> + Send + 'static,
        Record: Fn(FailedScan) -> Recording + Send + Sync + 'static,
        Recording: Future<Output = ()> + Send + 'static,
    {
        Self {
            scan: Box::new(move |stop| Box::pin(scan(stop))),
            reload: Box::new(move || Box::pin(reload())),
            record_failure: Box::new(move |failed| Box::pin(record_failure(failed))),
            decisions: Box::new(|| Box::pin(std::future::ready(None))),
        }
    }

    /// With what the gate has answered since the last scan: asked between scans, and not shown when it
    /// gives `None`.
    #[must_use]
    pub fn with_decisions<Count, Counting>(self, count: Count) -> Self
    where
        Count: Fn() -> Counting + Send + Sync + 'static,
        Counting: Future<Output = Option<Decisions>> + Send + 'static,
    {
        Self { decisions: Box::new(move || Box::pin(count())), ..self }
    }
}

/// Scans until told to stop.
pub(super) async fn run(mut schedule: Schedule, drain: Duration, board: Board, work: Work, signals: Signals) {
    while !signals.shutdown.is_cancelled() {
        let started = Instant::now();
        run_one(&work, schedule.scan_limit, drain, &board, &signals.shutdown).await;
        let mut next = started + schedule.interval + schedule.jitter.mul_f64(fastrand::f64());
        while Instant::now() < next {
            tokio::select! {
                () = signals.shutdown.cancelled() => return,
                () = sleep_until(next) => {}
                () = sleep(DECISIONS_EVERY) => {
                    if let Ok(Some(decisions)) = timeout(DECISIONS_LIMIT, (work.decisions)()).await {
                        board.decided(decisions);
                    }
                }
                () = signals.reload.notified() => {
                    if let Some(changed) = reload(&work, &board).await {
                        schedule = changed;
                        next = Instant::now();
                    }
                }
            }
        }
    }
}

/// Reads rules and configuration anew; `None` when that was refused. What was taken over shows
/// with the next scan, which therefore follows at once.
async fn reload(work: &Work, board: &Board) -> Option<Schedule> {
    match (work.reload)().await {
        Ok(schedule) => {
            tracing::info!("rules and configuration read anew");
            board.reloaded(None);
            Some(schedule)
        }
        Err(reason) => {
            tracing::error!(%reason, "the new rules and configuration are refused, the old stay in force");
            board.reloaded(Some(reason));
            None
        }
    }
}

/// One scan, up to its time limit or the shutdown.
async fn run_one(work: &Work, limit: Duration, drain: Duration, board: &Board, shutdown: &CancellationToken) {
    let started = board.now();
    board.scan_began(started);
    let stop = shutdown.child_token();
    let mut running = tokio::spawn((work.scan)(stop.clone()));
    // In this order, because a scan that ends with an error for the shutdown has not failed.
    let ended = tokio::select! {
        biased;
        () = shutdown.cancelled() => return end(running, drain).await,
        ended = &mut running => ended.unwrap_or_else(|fault| Err(internal(&fault))),
        () = sleep(limit) => {
            stop.cancel();
            end(running, drain).await;
            Err(timed_out(limit))
        }
    };
    match ended {
        Ok(scanned) => board.scan_completed(scanned),
        Err(failure) => show_failure(work, board, started, failure).await,
    }
}

/// Gives a scan that was told to stop the time to do so.
async fn end(mut running: tokio::task::JoinHandle<Result<Scanned, ScanFailure>>, drain: Duration) {
    if timeout(drain, &mut running).await.is_err() {
        running.abort();
        tracing::warn!("the scan did not stop when told, and was cut off");
    }
}

async fn show_failure(work: &Work, board: &Board, started: Timestamp, failure: ScanFailure) {
    tracing::error!(reason = failure.reason.name(), %failure, "the scan failed, the last good values stay");
    let failed = FailedScan {
        started,
        finished: board.now(),
        reason: failure.reason.name().to_owned(),
        message: failure.message.clone(),
    };
    (work.record_failure)(failed.clone()).await;
    board.scan_failed(&failed, failure);
}

fn internal(fault: &tokio::task::JoinError) -> ScanFailure {
    ScanFailure {
        reason: FailureReason::Internal,
        message: format!("the scan ended by a fault of the program: {fault}"),
    }
}

fn timed_out(limit: Duration) -> ScanFailure {
    let message = format!("the scan was stopped after {} s, the longest it may take", limit.as_secs());
    ScanFailure { reason: FailureReason::TimedOut, message }
}
