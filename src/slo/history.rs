//! The past of one objective, and what follows from it: how much was added over a window, when the
//! budget will be used up, and when it will have recovered.
//!
//! The past is a sequence of readings. Time accrues evenly between two of them, so that the tally at
//! any moment between follows; numbers of findings move only at a reading. Both questions about the
//! future are answered to the millisecond: the answer holds, and a millisecond earlier it does not.

use std::time::Duration;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::budget::{number, remaining};
use super::{Amounts, Indicator, Measure, Slo, Tally, TimeWindow};
use crate::sli::{BySeverity, States};

/// A tally and its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// What was counted by then.
    pub tally: Tally,
}

/// The past of one objective up to a moment, the present.
///
/// Where the standing of a scan ran out before the next, a reading at that moment keeps the time
/// before and after it apart.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    slo: &'a Slo,
    readings: &'a [Reading],
    now: Timestamp,
}

impl TimeWindow {
    /// When the window that ends at `now` began. Of a month of the calendar: its first moment in UTC.
    #[must_use]
    pub fn start(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Rolling(length) => before(now, length),
            Self::Month => month(now).0,
        }
    }

    /// When the budget begins anew whatever happens; `None` for a rolling window.
    #[must_use]
    pub fn renews(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rolling(_) => None,
            Self::Month => Some(month(now).1),
        }
    }
}

impl<'a> History<'a> {
    /// The past of an objective. `readings` ascend in time; the last one is that of `now`, and what
    /// it says is taken to be the present if it is older.
    #[must_use]
    pub const fn new(slo: &'a Slo, readings: &'a [Reading], now: Timestamp) -> Self {
        Self { slo, readings, now }
    }

    /// The tally at a moment. Before the first reading it is that of the first, after the last that
    /// of the last.
    #[must_use]
    pub fn tally(&self, at: Timestamp) -> Tally {
        let after = self.readings.partition_point(|reading| reading.at <= at);
        let Some(earlier) = after.checked_sub(1).map(|index| &self.readings[index]) else {
            return self.readings.first().map(|first| first.tally).unwrap_or_default();
        };
        match self.readings.get(after) {
            Some(later) => between(earlier, later, at),
            None => earlier.tally,
        }
    }

    /// What was added over the last so much time.
    #[must_use]
    pub fn over(&self, length: Duration) -> Tally {
        self.tally(self.now).since(&self.tally(before(self.now, length)))
    }

    /// What was added over the objective's window.
    #[must_use]
    pub fn over_window(&self) -> Tally {
        self.tally(self.now).since(&self.tally(self.slo.window.start(self.now)))
    }

    /// Since when the objective is measured.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        self.readings.first().map(|first| first.at)
    }

    /// The share of the window, up to now, that was measured: the time since the first reading, times
    /// what was known of it. An objective that began a week ago, with 98 % of resource-time known,
    /// has 0.25 × 0.98 = 0.245 of 28 d. `None` when nothing was measured.
    #[must_use]
    pub fn window_coverage(&self) -> Option<f64> {
        let start = self.slo.window.start(self.now);
        let measured = self.now.duration_since(self.since()?.max(start)).as_secs_f64();
        let whole = self.now.duration_since(start).as_secs_f64();
        let known = super::known(&self.slo.indicator, &self.over_window())?;
        (whole > 0.0 && measured > 0.0).then(|| (measured / whole).min(1.0) * known)
    }

    /// From when on more than `above` of the budget remains if nothing new burns: now, when so much
    /// remains already; `None` when it never does.
    ///
    /// Of a rolling window the old burning leaves at its far end; a month ends at the latest with its
    /// last day. `standing` says how much is measured from now on, of which nothing fails any more.
    /// With a budget of 24 h in 28 d that one finding used up from 1 to 2 March, more than 10 %
    /// remain again from 29 March 02:24 on, when 2.4 h of it have left the window.
    #[must_use]
    pub fn recovers(&self, standing: &Measure, above: f64) -> Option<Timestamp> {
        let indicator = &self.slo.indicator;
        let rates = Rates { bad: 0.0, total: number(indicator.rate(standing).total) };
        self.first(rates, |remaining| remaining > above).or_else(|| {
            let renewed = above < 1.0;
            self.slo.window.renews(self.now).filter(|_| renewed)
        })
    }

    /// When the budget will be used up if it goes on burning as over the last `over`: now, when it is
    /// already; `None` when it never will be.
    ///
    /// What leaves a rolling window makes room again, so that a burn rate below 1 uses a budget up
    /// only together with what is in the window still.
    #[must_use]
    pub fn exhausts(&self, over: Duration) -> Option<Timestamp> {
        let since = before(self.now, over).max(self.since()?);
        let length = self.now.duration_since(since).as_secs_f64() * 1000.0;
        let Amounts { bad, total } = self.slo.indicator.amounts(&self.tally(self.now).since(&self.tally(since)));
        if length <= 0.0 {
            return None;
        }
        let rates = Rates { bad: number(bad) / length, total: number(total) / length };
        self.first(rates, |remaining| remaining <= 0.0)
    }

    /// The first moment from now on at which what remains is as wanted. Between two moments at which
    /// a reading leaves the window everything is linear, so that the first of them at which it holds
    /// closes the gap in which it began to.
    fn first(&self, rates: Rates, wanted: impl Fn(f64) -> bool) -> Option<Timestamp> {
        if !self.slo.indicator.is_measured(&self.over_window()) {
            return None;
        }
        let holds = |at: Timestamp| self.remaining_at(rates, at).is_some_and(&wanted);
        if holds(self.now) {
            return Some(self.now);
        }
        let mut earlier = self.now;
        for later in self.moments() {
            if holds(later) {
                return Some(bisect(earlier, later, holds));
            }
            earlier = later;
        }
        None
    }

    /// The moments at which the course of the budget may bend, ascending, up to the one after which it
    /// never changes its mind.
    fn moments(&self) -> Vec<Timestamp> {
        match self.slo.window {
            TimeWindow::Month => vec![after(month(self.now).1, Duration::ZERO, -1)],
            TimeWindow::Rolling(length) => {
                let start = before(self.now, length);
                let in_window = self.readings.iter().map(|reading| reading.at);
                let bends = in_window.filter(|at| *at > start && *at < self.now).map(|at| after(at, length, 0));
                bends.chain([after(self.now, length, 0)]).collect()
            }
        }
    }

    fn remaining_at(&self, rates: Rates, at: Timestamp) -> Option<f64> {
        let indicator = &self.slo.indicator;
        let old = self.tally(self.now).since(&self.tally(self.slo.window.start(at).min(self.now)));
        let Amounts { bad, total } = indicator.amounts(&old);
        let ahead = number(u64::try_from(at.duration_since(self.now).as_millis()).unwrap_or(0));
        let (bad, total) = (rates.bad.mul_add(ahead, number(bad)), rates.total.mul_add(ahead, number(total)));
        let budget = match indicator.target() {
            Some(target) => (1.0 - target) * total,
            None => super::spent(indicator, &old).budget,
        };
        let is_measured = total > 0.0 || bad > 0.0 || indicator.counts_findings();
        is_measured.then(|| remaining(bad, budget))
    }
}

/// How much is added in each millisecond to come.
#[derive(Debug, Clone, Copy)]
struct Rates {
    bad: f64,
    total: f64,
}

impl Indicator {
    /// What a standing adds in each millisecond.
    fn rate(&self, standing: &Measure) -> Amounts {
        match self {
            Self::Detection { .. } | Self::Remediation { .. } => Amounts::default(),
            _ => self.amounts(&Tally { resources: standing.resources, open: standing.open, ..Tally::default() }),
        }
    }
}

/// The first millisecond after `earlier`, at which it does not hold, up to `later`, at which it does.
fn bisect(earlier: Timestamp, later: Timestamp, holds: impl Fn(Timestamp) -> bool) -> Timestamp {
    let (mut not_yet, mut already) = (earlier.as_millisecond(), later.as_millisecond());
    while already - not_yet > 1 {
        let middle = not_yet + (already - not_yet) / 2;
        match Timestamp::from_millisecond(middle) {
            Ok(at) if !holds(at) => not_yet = middle,
            _ => already = middle,
        }
    }
    Timestamp::from_millisecond(already).unwrap_or(later)
}

/// The tally between two readings: time accrues evenly, findings are counted at the later one.
fn between(earlier: &Reading, later: &Reading, at: Timestamp) -> Tally {
    let passed = milliseconds(at.duration_since(earlier.at));
    let whole = milliseconds(later.at.duration_since(earlier.at)).max(1);
    let part = |from: u64, to: u64| {
        let added = u128::from(to.saturating_sub(from)) * u128::from(passed) / u128::from(whole);
        from.saturating_add(u64::try_from(added).unwrap_or(u64::MAX))
    };
    let (a, b) = (&earlier.tally.resources, &later.tally.resources);
    Tally {
        resources: States {
            pass: part(a.pass, b.pass),
            fail: BySeverity {
                critical: part(a.fail.critical, b.fail.critical),
                high: part(a.fail.high, b.fail.high),
                medium: part(a.fail.medium, b.fail.medium),
                low: part(a.fail.low, b.fail.low),
            },
            waived: part(a.waived, b.waived),
            unknown: part(a.unknown, b.unknown),
        },
        open: part(earlier.tally.open, later.tally.open),
        ..earlier.tally
    }
}

fn milliseconds(duration: SignedDuration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(0)
}

fn signed(length: Duration) -> SignedDuration {
    SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX)
}

fn before(at: Timestamp, length: Duration) -> Timestamp {
    at.checked_sub(signed(length)).unwrap_or(Timestamp::MIN)
}

fn after(at: Timestamp, length: Duration, milliseconds: i64) -> Timestamp {
    let length = signed(length).saturating_add(SignedDuration::from_millis(milliseconds));
    at.checked_add(length).unwrap_or(Timestamp::MAX)
}

/// The first moment of the month in UTC, and that of the next.
fn month(at: Timestamp) -> (Timestamp, Timestamp) {
    let day = Offset::UTC.to_datetime(at).date().first_of_month();
    let moment = |day: jiff::civil::Date| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let next = day.checked_add(jiff::Span::new().months(1)).ok().and_then(moment);
    (moment(day).unwrap_or(Timestamp::MIN), next.unwrap_or(Timestamp::MAX))
}
