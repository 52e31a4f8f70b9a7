//! Keeps the collectors polite and quick to give up: a pace that adapts to throttling, and a
//! circuit breaker. One of each per account, region and service.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::model::GapReason;

/// A token bucket whose rate halves when the service throttles and recovers while it does not.
///
/// AWS limits are shared with everything else that runs in the account, so the pace yields
/// first. It recovers by a twentieth of its full rate per second: from one throttle in ten
/// seconds.
#[derive(Debug)]
pub(super) struct Pace {
    full_rate: f64,
    burst: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Calls that may start now; below zero, so many are waiting for their turn.
    tokens: f64,
    /// Calls per second.
    rate: f64,
    refilled: Instant,
    slowed: Option<Instant>,
}

/// The pace never falls below this share of its full rate.
const SLOWEST: f64 = 0.1;

impl Pace {
    pub(super) fn new(full_rate: f64, burst: f64) -> Self {
        let state = State { tokens: burst, rate: full_rate, refilled: Instant::now(), slowed: None };
        Self { full_rate, burst, state: Mutex::new(state) }
    }

    /// Waits until the next call may start.
    pub(super) async fn turn(&self) {
        let wait = self.reserve(Instant::now());
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }

    /// Halves the rate, at most once per second: the calls of one burst are throttled together
    /// and mean one thing.
    pub(super) fn slow_down(&self) {
        self.slow_down_at(Instant::now());
    }

    fn reserve(&self, now: Instant) -> Duration {
        let mut state = self.state();
        let seconds = now.saturating_duration_since(state.refilled).as_secs_f64();
        state.refilled = now;
        state.tokens = seconds.mul_add(state.rate, state.tokens).min(self.burst) - 1.0;
        state.rate = seconds.mul_add(self.full_rate / 20.0, state.rate).min(self.full_rate);
        if state.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-state.tokens / state.rate) }
    }

    fn slow_down_at(&self, now: Instant) {
        let mut state = self.state();
        if state.slowed.is_some_and(|slowed| now.saturating_duration_since(slowed) < Duration::from_secs(1)) {
            return;
        }
        state.slowed = Some(now);
        state.rate = (state.rate / 2.0).max(SLOWEST * self.full_rate);
        state.tokens = state.tokens.min(0.0);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens after several hard failures in a row: the endpoint is down or unreachable, and more
/// calls would only each wait for their time limit.
#[derive(Debug)]
pub(super) struct Breaker {
    threshold: u32,
    failures: AtomicU32,
    last: Mutex<GapReason>,
}

impl Breaker {
    pub(super) const fn new(threshold: u32) -> Self {
        Self { threshold, failures: AtomicU32::new(0), last: Mutex::new(GapReason::Unavailable) }
    }

    /// Whether calls are refused.
    pub(super) fn is_open(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= self.threshold
    }

    /// Hard failures in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(super) fn answered(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, reason: GapReason) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    /// Why the last call failed hard.
    pub(super) fn last_reason(&self) -> GapReason {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets calls through again until the next hard failure.
    pub(super) fn half_open(&self) {
        self.failures.fetch_min(self.threshold.saturating_sub(1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let now = Instant::now();
        let pace = Pace::new(10.0, 3.0);
        let waits: Vec<_> = (0..5).map(|_| pace.reserve(now).as_millis()).collect();
        assert_eq!(waits[..3], [0, 0, 0]);
        assert!(waits[3] >= 90 && waits[4] >= 190, "{waits:?}");
    }

    #[test]
    fn a_throttle_halves_the_rate_once_per_second_and_quiet_restores_it() {
        let now = Instant::now();
        let pace = Pace::new(16.0, 1.0);
        pace.slow_down_at(now);
        pace.slow_down_at(now);
        assert_eq!(pace.state().rate.to_bits(), 8.0_f64.to_bits());
        pace.slow_down_at(now + SECOND);
        assert_eq!(pace.state().rate.to_bits(), 4.0_f64.to_bits());
        pace.reserve(now + 20 * SECOND);
        assert_eq!(pace.state().rate.to_bits(), 16.0_f64.to_bits());
    }

    #[test]
    fn the_rate_never_falls_to_nothing() {
        let now = Instant::now();
        let pace = Pace::new(16.0, 1.0);
        (0..20).for_each(|second| pace.slow_down_at(now + second * SECOND));
        assert_eq!(pace.state().rate.to_bits(), 1.6_f64.to_bits());
    }

    #[test]
    fn a_breaker_opens_after_failures_in_a_row_only() {
        let breaker = Breaker::new(2);
        breaker.failed(GapReason::TimedOut);
        breaker.answered();
        breaker.failed(GapReason::TimedOut);
        assert!(!breaker.is_open());
        breaker.failed(GapReason::TimedOut);
        assert!(breaker.is_open());
        breaker.half_open();
        assert!(!breaker.is_open());
        breaker.failed(GapReason::TimedOut);
        assert!(breaker.is_open());
    }
}
