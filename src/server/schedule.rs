//! When scans run: the first at once, then one per interval, never two at a time.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::{ScanFailure, Scanned, Signals};
use crate::metrics::FailureReason;

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

/// Scans until told to stop.
pub(super) async fn run<Scan, Scanning, Reload, Reloading>(
    mut schedule: Schedule,
    drain: Duration,
    board: Board,
    scan: Scan,
    reload: Reload,
    signals: Signals,
) where
    Scan: Fn(CancellationToken) -> Scanning + Send + Sync + 'static,
    Scanning: Future<Output = Result<Scanned, ScanFailure>> + Send + 'static,
    Reload: Fn() -> Reloading + Send + Sync + 'static,
    Reloading: Future<Output = Result<Schedule, String>> + Send,
{
    while !signals.shutdown.is_cancelled() {
        let started = Instant::now();
        run_one(&scan, schedule.scan_limit, drain, &board, &signals.shutdown).await;
        let pause = schedule.interval + schedule.jitter.mul_f64(fastrand::f64());
        let mut next = started + pause;
        while Instant::now() < next {
            tokio::select! {
                () = signals.shutdown.cancelled() => return,
                () = sleep_until(next) => {}
                () = signals.reload.notified() => {
                    if let Some(changed) = reloaded(&reload, &board).await {
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
async fn reloaded<Reload, Reloading>(reload: &Reload, board: &Board) -> Option<Schedule>
where
    Reload: Fn() -> Reloading,
    Reloading: Future<Output = Result<Schedule, String>>,
{
    match reload().await {
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
async fn run_one<Scan, Scanning>(
    scan: &Scan,
    limit: Duration,
    drain: Duration,
    board: &Board,
    shutdown: &CancellationToken,
) where
    Scan: Fn(CancellationToken) -> Scanning,
    Scanning: Future<Output = Result<Scanned, ScanFailure>> + Send + 'static,
{
    let started = board.now();
    board.scan_began(started);
    let stop = shutdown.child_token();
    let mut running = tokio::spawn(scan(stop.clone()));
    let late = tokio::select! {
        ended = &mut running => return show(board, started, ended.unwrap_or_else(|fault| Err(internal(&fault)))),
        () = shutdown.cancelled() => false,
        () = sleep(limit) => true,
    };
    stop.cancel();
    if timeout(drain, &mut running).await.is_err() {
        running.abort();
        tracing::warn!("the scan did not stop when told, and was cut off");
    }
    if late {
        let message = format!("the scan was stopped after {} s, the longest it may take", limit.as_secs());
        show(board, started, Err(ScanFailure { reason: FailureReason::TimedOut, message }));
    }
}

fn show(board: &Board, started: jiff::Timestamp, ended: Result<Scanned, ScanFailure>) {
    match ended {
        Ok(scanned) => board.scan_completed(scanned),
        Err(failure) => {
            tracing::error!(reason = failure.reason.name(), %failure, "the scan failed, the last good values stay");
            board.scan_failed(started, failure);
        }
    }
}

fn internal(fault: &tokio::task::JoinError) -> ScanFailure {
    ScanFailure {
        reason: FailureReason::Internal,
        message: format!("the scan ended by a fault of the program: {fault}"),
    }
}
