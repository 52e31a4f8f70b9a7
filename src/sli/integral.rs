//! The time integral: how long resources were in each state, and findings open.
//!
//! A scan tells a state at one moment. It is taken to hold from then on, for at most the *hold*
//! (twice the scan interval plus the longest scan); after that nobody knows, and the time counts
//! as `unknown`. The integral is what `plimsoll_resource_seconds_total` publishes and what the
//! ledger keeps, so both give the same ratio over the same window.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Assessment, BySeverity, States};
use crate::model::{Service, Severity};

/// What a scan established, and for how long it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The end of the scan: from here on its states hold.
    pub at: Timestamp,
    /// How long they hold; see [`hold`].
    pub hold: SignedDuration,
    /// Resources by service and state.
    pub resources: BTreeMap<Service, States>,
    /// Open findings by severity.
    pub findings: BySeverity,
}

impl Standing {
    /// The standing after a scan that ended at `at`, with the severities of the findings that are
    /// open after it.
    #[must_use]
    pub fn new(
        assessment: &Assessment,
        open: impl IntoIterator<Item = Severity>,
        at: Timestamp,
        hold: SignedDuration,
    ) -> Self {
        let mut findings = BySeverity::default();
        for severity in open {
            findings.add(severity, 1);
        }
        let states = |service| assessment.services.get(service).map(|slice| slice.resources).unwrap_or_default();
        Self { at, hold, resources: Service::ALL.iter().map(|service| (*service, states(service))).collect(), findings }
    }
}

/// How long a scan's states hold: 2 × interval + the longest scan. With a scan every 15 minutes
/// and a longest scan of 4 minutes, 34 minutes: one missed scan does not show, two do.
#[must_use]
pub fn hold(interval: SignedDuration, longest_scan: SignedDuration) -> SignedDuration {
    interval.saturating_add(interval).saturating_add(longest_scan)
}

/// Time spent, in milliseconds, since the ledger began.
///
/// Whole milliseconds, so that the difference of two readings is exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Integrals {
    /// Resource-milliseconds by service and state.
    pub resources: BTreeMap<Service, States>,
    /// Milliseconds that findings were open, summed over findings, by severity.
    pub findings: BySeverity,
}

impl Default for Integrals {
    /// No time yet. Every service is there, so that its series begins at zero.
    fn default() -> Self {
        let none = |service: &Service| (*service, States::default());
        Self { resources: Service::ALL.iter().map(none).collect(), findings: BySeverity::default() }
    }
}

impl Integrals {
    /// The integrals at `now`, given those at the moment of `standing`. Never decreases as `now`
    /// moves on.
    #[must_use]
    pub fn at(&self, standing: &Standing, now: Timestamp) -> Self {
        let mut integrals = self.clone();
        accrue(&mut integrals, standing, standing.at, now);
        integrals
    }

    /// What was added since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |service| earlier.resources.get(service).copied().unwrap_or_default();
        Self {
            resources: self
                .resources
                .iter()
                .map(|(service, states)| (*service, states.since(&before(service))))
                .collect(),
            findings: self.findings.since(&earlier.findings),
        }
    }

    /// Resource-milliseconds by state over all services.
    #[must_use]
    pub fn overall(&self) -> States {
        let mut sum = States::default();
        for states in self.resources.values() {
            sum.add_times(states, 1);
        }
        sum
    }
}

/// Adds the time between `from` and `to` under a standing.
///
/// Until `standing.at + standing.hold` resources spend it in the states of the standing and open
/// findings stay open; after that resources spend it as `unknown`, and findings do not accrue:
/// what nobody measured is neither good nor charged. `to` before `from` (a clock that went back)
/// adds nothing.
pub fn accrue(integrals: &mut Integrals, standing: &Standing, from: Timestamp, to: Timestamp) {
    let (from, to) = (from.as_millisecond(), to.as_millisecond());
    let end = standing.at.as_millisecond().saturating_add(saturating_milliseconds(standing.hold));
    let held = elapsed(from, to.min(end));
    let unheld = elapsed(from.max(end), to);
    for (service, states) in &standing.resources {
        let time = integrals.resources.entry(*service).or_default();
        time.add_times(states, held);
        time.unknown = time.unknown.saturating_add(states.total().saturating_mul(unheld));
    }
    integrals.findings.add_times(&standing.findings, held);
}

fn elapsed(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

fn saturating_milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn second(second: i64) -> Timestamp {
        Timestamp::constant(second, 0)
    }

    /// 3 passing and 1 failing bucket, one high finding, at 1000 s, hold 600 s.
    fn standing() -> Standing {
        let mut states = States { pass: 3, ..States::default() };
        states.fail.high = 1;
        Standing {
            at: second(1000),
            hold: SignedDuration::from_secs(600),
            resources: BTreeMap::from([(Service::S3, states)]),
            findings: BySeverity { high: 1, ..BySeverity::default() },
        }
    }

    #[test]
    fn time_counts_in_the_states_of_the_scan_until_the_hold_and_as_unknown_after() {
        let at = |now| {
            let integrals = Integrals::default().at(&standing(), second(now));
            let states = integrals.overall();
            (states.pass, states.fail.high, states.unknown, integrals.findings.high)
        };
        assert_eq!(at(1000), (0, 0, 0, 0));
        assert_eq!(at(1010), (30_000, 10_000, 0, 10_000));
        assert_eq!(at(1600), (1_800_000, 600_000, 0, 600_000));
        assert_eq!(at(1700), (1_800_000, 600_000, 400_000, 600_000));
    }

    #[test]
    fn a_clock_that_goes_back_adds_nothing() {
        assert_eq!(Integrals::default().at(&standing(), second(900)).overall(), States::default());
    }

    #[test]
    fn the_hold_covers_one_missed_scan() {
        assert_eq!(hold(SignedDuration::from_mins(15), SignedDuration::from_mins(4)), SignedDuration::from_mins(34));
    }

    proptest! {
        #[test]
        fn accruing_in_two_steps_is_accruing_in_one(a in 0_i64..2000, b in 0_i64..2000, c in 0_i64..2000) {
            let mut times = [1000 + a, 1000 + b, 1000 + c];
            times.sort_unstable();
            let [from, middle, to] = times.map(second);
            let (mut once, mut twice) = (Integrals::default(), Integrals::default());
            accrue(&mut once, &standing(), from, to);
            accrue(&mut twice, &standing(), from, middle);
            accrue(&mut twice, &standing(), middle, to);
            prop_assert_eq!(once, twice);
        }

        #[test]
        fn every_resource_spends_every_millisecond_in_exactly_one_state(elapsed in 0_i64..100_000) {
            let integrals = Integrals::default().at(&standing(), second(1000 + elapsed));
            prop_assert_eq!(integrals.overall().total(), 4 * u64::try_from(elapsed).unwrap() * 1000);
        }
    }
}
