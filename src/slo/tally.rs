//! What was measured for one objective: at one moment, and summed up over time.
//!
//! A scan gives a [`Measure`]. It holds until the next one, for at most the hold; [`Tally::at`] sums
//! it up as [`crate::sli::accrue`] does. What happened in a window is the difference of two tallies.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Reading;
use crate::sli::States;

/// What one scan says about one objective.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Resources in scope by state, as the rules in scope judge them.
    pub resources: States,
    /// Findings in scope that are open.
    pub open: u64,
    /// Findings that turned out in time in this scan.
    pub within: u64,
    /// Findings that turned out late in this scan.
    pub late: u64,
}

/// What an objective has gathered since it was first measured. Never falls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Resource-milliseconds by state.
    pub resources: States,
    /// Milliseconds that findings were open, summed over findings.
    pub open: u64,
    /// Findings that turned out in time.
    pub within: u64,
    /// Findings that turned out late.
    pub late: u64,
}

impl Tally {
    /// The tally at `moment`, given the one at the moment `at`, from which `measure` stands for at
    /// most `hold`.
    ///
    /// Past the hold resources count as unknown and findings do not count; a `moment` before `at`
    /// adds nothing. With 3 passing resources and one open finding, a hold of 600 s and 700 s since,
    /// that is 1,800 s of `pass`, 300 s of `unknown` and 600 s of `open`.
    #[must_use]
    pub fn at(self, measure: &Measure, at: Timestamp, hold: SignedDuration, moment: Timestamp) -> Self {
        let (begin, now) = (at.as_millisecond(), moment.as_millisecond());
        let end = begin.saturating_add(i64::try_from(hold.as_millis()).unwrap_or(i64::MAX));
        let held = elapsed(begin, now.min(end));
        let unheld = elapsed(begin.max(end), now);
        let mut tally = self;
        tally.resources.add_times(&measure.resources, held);
        let unknown = measure.resources.total().saturating_mul(unheld);
        tally.resources.unknown = tally.resources.unknown.saturating_add(unknown);
        tally.open = tally.open.saturating_add(measure.open.saturating_mul(held));
        tally
    }

    /// The tally with what turned out in a scan.
    #[must_use]
    pub const fn and(self, measure: &Measure) -> Self {
        Self {
            within: self.within.saturating_add(measure.within),
            late: self.late.saturating_add(measure.late),
            ..self
        }
    }

    /// What was added since an earlier tally.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            resources: self.resources.since(&earlier.resources),
            open: self.open.saturating_sub(earlier.open),
            within: self.within.saturating_sub(earlier.within),
            late: self.late.saturating_sub(earlier.late),
        }
    }
}

/// What a scan measured, from when on and for how long it holds, and the tally up to then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// From when on.
    pub at: Timestamp,
    /// For how long.
    pub hold: SignedDuration,
    /// What stands since; what turned out in the scan is in the tally already.
    pub measure: Measure,
    /// What was gathered by then.
    pub tally: Tally,
}

impl Point {
    /// The tally at a moment up to the next point.
    #[must_use]
    pub fn at(&self, moment: Timestamp) -> Tally {
        self.tally.at(&self.measure, self.at, self.hold, moment)
    }

    /// When what stands ends to hold.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.at.checked_add(self.hold).unwrap_or(Timestamp::MAX)
    }
}

/// The readings of a sequence of points, oldest first, up to a moment: one at each point, one where
/// what stood ended to hold before the next, and one now. Between two of them time accrues evenly.
#[must_use]
pub fn readings(points: &[Point], now: Timestamp) -> Vec<Reading> {
    let mut readings = Vec::with_capacity(points.len() + 1);
    for (index, point) in points.iter().enumerate() {
        readings.push(Reading { at: point.at, tally: point.tally });
        let end = points.get(index + 1).map_or(now, |next| next.at);
        let until = point.until();
        if until < end {
            readings.push(Reading { at: until, tally: point.at(until) });
        }
    }
    if let Some(last) = points.last().filter(|last| last.at < now) {
        readings.push(Reading { at: now, tally: last.at(now) });
    }
    readings
}

fn elapsed(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sli::BySeverity;

    fn measure() -> Measure {
        let fail = BySeverity { high: 1, ..BySeverity::default() };
        Measure { resources: States { pass: 3, fail, ..States::default() }, open: 2, within: 1, late: 0 }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    const HOLD: SignedDuration = SignedDuration::from_secs(600);

    #[test]
    fn a_measure_counts_until_the_hold_and_resources_as_unknown_after() {
        let at = |now| {
            let tally = Tally::default().at(&measure(), second(1000), HOLD, second(now));
            (tally.resources.pass, tally.resources.fail.high, tally.resources.unknown, tally.open)
        };
        assert_eq!(at(900), (0, 0, 0, 0), "a clock that goes back");
        assert_eq!(at(1010), (30_000, 10_000, 0, 20_000));
        assert_eq!(at(1700), (1_800_000, 600_000, 400_000, 1_200_000));
    }

    proptest! {
        #[test]
        fn windows_add_up(a in 0_i64..2000, b in 0_i64..2000, c in 0_i64..2000) {
            let mut times = [a, b, c].map(|time| 1000 + time);
            times.sort_unstable();
            let at = |now| Tally::default().and(&measure()).at(&measure(), second(1000), HOLD, second(now));
            let [from, middle, to] = times.map(at);
            let (first, whole) = (middle.since(&from), to.since(&from));
            let rest = to.since(&middle);
            let mut resources = first.resources;
            resources.add_times(&rest.resources, 1);
            prop_assert_eq!(resources, whole.resources);
            prop_assert_eq!(first.open + rest.open, whole.open);
        }
    }
}
