//! Laws of budgets: what remains, how fast it burns, when it is used up and when it recovers.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::slo::{
    History, Indicator, Measure, Reading, Scope, Slo, SloName, TIERS, Tally, TimeWindow, burn_rate, spent,
};
use proptest::prelude::*;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn slo(indicator: Indicator, window: TimeWindow) -> Slo {
    let name = SloName::new("a").unwrap();
    Slo { name, description: String::new(), scope: Scope::default(), indicator, window, tiers: TIERS.to_vec() }
}

fn rolling(indicator: Indicator) -> Slo {
    slo(indicator, TimeWindow::Rolling(28 * DAY))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// So many resource-milliseconds failing and passing, and finding-milliseconds.
fn tally(fail: u64, pass: u64, open: u64) -> Tally {
    let mut tally = Tally { open, ..Tally::default() };
    (tally.resources.fail.high, tally.resources.pass) = (fail, pass);
    tally
}

fn findings(within: u64, late: u64) -> Tally {
    Tally { within, late, ..tally(0, 1, 0) }
}

const HOUR_MS: u64 = 3_600_000;

#[test]
fn worked_numbers_of_the_documentation() {
    let ratio = Indicator::Compliance { target: 0.995 };
    let month = 28 * 24 * HOUR_MS;
    let added = tally(2 * 24 * HOUR_MS, 100 * month - 2 * 24 * HOUR_MS, 0);
    let of_ratio = spent(&ratio, &added);
    assert!((of_ratio.remaining.unwrap() - (1.0 - 2.0 / 14.0)).abs() < 1e-9);
    assert!((of_ratio.attainment.unwrap() - (1.0 - 2.0 / 2800.0)).abs() < 1e-12);
    let absolute = Indicator::OpenTime { budget: 24 * HOUR };
    assert_eq!(spent(&absolute, &tally(0, month, 30 * HOUR_MS)).remaining, Some(-0.25));
    let one_open = tally(0, HOUR_MS, HOUR_MS);
    assert!((burn_rate(&rolling(absolute), &one_open, HOUR).unwrap() - 28.0).abs() < 1e-9);
    let three_percent = tally(3, 97, 0);
    assert!(
        (burn_rate(&rolling(Indicator::Compliance { target: 0.99 }), &three_percent, HOUR).unwrap() - 3.0).abs() < 1e-9
    );
}

#[test]
fn nothing_measured_gives_no_number_and_nothing_due_is_no_loss() {
    let kinds = [
        Indicator::Compliance { target: 0.9 },
        Indicator::Coverage { target: 0.9 },
        Indicator::OpenTime { budget: HOUR },
        Indicator::Detection { target: 0.9, within: HOUR },
        Indicator::Remediation { target: 0.9, within: HOUR },
    ];
    let mut unknown = Tally::default();
    unknown.resources.unknown = HOUR_MS;
    for kind in kinds {
        let none = spent(&kind, &Tally::default());
        assert_eq!((none.remaining, none.attainment), (None, None), "{kind:?}");
        assert_eq!(burn_rate(&rolling(kind), &Tally::default(), HOUR), None, "{kind:?}");
        let of_unknown = spent(&kind, &unknown).remaining;
        match kind {
            Indicator::Coverage { .. } => assert!((of_unknown.unwrap() + 9.0).abs() < 1e-9),
            _ => assert_eq!(of_unknown, None, "{kind:?}"),
        }
    }
    let kind = Indicator::Remediation { target: 0.9, within: HOUR };
    let quiet = spent(&kind, &findings(0, 0));
    assert_eq!((quiet.remaining, quiet.attainment), (Some(1.0), None));
    assert_eq!(burn_rate(&rolling(kind), &findings(0, 0), HOUR), Some(0.0));
    assert!(spent(&kind, &findings(9, 1)).remaining.unwrap().abs() < 1e-9);
}

#[test]
fn a_month_begins_and_ends_with_the_calendar() {
    let month = TimeWindow::Month;
    assert_eq!(month.start(at("2026-02-28T23:59:59.999Z")), at("2026-02-01T00:00:00Z"));
    assert_eq!(month.start(at("2026-03-01T00:00:00Z")), at("2026-03-01T00:00:00Z"));
    assert_eq!(month.renews(at("2026-12-31T12:00:00Z")), Some(at("2027-01-01T00:00:00Z")));
    assert_eq!(TimeWindow::Rolling(DAY).start(at("2026-03-01T12:00:00Z")), at("2026-02-28T12:00:00Z"));
    assert_eq!(TimeWindow::Rolling(DAY).renews(at("2026-03-01T12:00:00Z")), None);
}

fn reading(at: Timestamp, tally: Tally) -> Reading {
    Reading { at, tally }
}

/// One finding, open from 1 to 2 March; now is 10 March.
fn one_day_open() -> Vec<Reading> {
    vec![
        reading(at("2026-02-01T00:00:00Z"), tally(0, 0, 0)),
        reading(at("2026-03-01T00:00:00Z"), tally(0, 28, 0)),
        reading(at("2026-03-02T00:00:00Z"), tally(0, 29, 24 * HOUR_MS)),
        reading(at("2026-03-10T00:00:00Z"), tally(0, 37, 24 * HOUR_MS)),
    ]
}

#[test]
fn an_absolute_budget_recovers_when_old_time_leaves_the_window() {
    let (readings, now) = (one_day_open(), at("2026-03-10T00:00:00Z"));
    let slo = rolling(Indicator::OpenTime { budget: 24 * HOUR });
    let history = History::new(&slo, &readings, now);
    assert_eq!(spent(&slo.indicator, &history.over_window()).remaining, Some(0.0));
    let fixed = Measure::default();
    assert_eq!(history.recovers(&fixed, 0.1), Some(at("2026-03-29T02:24:00.001Z")));
    assert_eq!(history.recovers(&fixed, -0.5), Some(now));
    assert_eq!(history.recovers(&fixed, 1.0), None, "never more than all of it");
    assert_eq!(history.exhausts(HOUR), Some(now), "nothing is left");
    let month = Slo { window: TimeWindow::Month, ..slo };
    let history = History::new(&month, &readings, now);
    assert_eq!(history.recovers(&fixed, 0.1), Some(at("2026-04-01T00:00:00Z")), "the budget begins anew");
}

#[test]
fn late_findings_leave_the_window_at_a_stroke() {
    let readings = [
        reading(at("2026-02-01T00:00:00Z"), findings(0, 0)),
        reading(at("2026-03-01T00:00:00Z"), Tally { late: 1, within: 9, ..tally(0, 28, 0) }),
        reading(at("2026-03-10T00:00:00Z"), Tally { late: 1, within: 9, ..tally(0, 37, 0) }),
    ];
    let slo = rolling(Indicator::Remediation { target: 0.95, within: DAY });
    let history = History::new(&slo, &readings, at("2026-03-10T00:00:00Z"));
    assert!((spent(&slo.indicator, &history.over_window()).remaining.unwrap() + 1.0).abs() < 1e-9);
    assert_eq!(history.recovers(&Measure::default(), 0.1), Some(at("2026-03-29T00:00:00Z")));
}

#[test]
fn a_budget_that_goes_on_burning_is_used_up_when_it_is() {
    // Two findings open for the last 6 h: 12 h of 24 h are used, 2 h burn per hour.
    let readings = [
        reading(at("2026-03-01T00:00:00Z"), tally(0, 0, 0)),
        reading(at("2026-03-09T18:00:00Z"), tally(0, 9, 0)),
        reading(at("2026-03-10T00:00:00Z"), tally(0, 10, 12 * HOUR_MS)),
    ];
    let slo = rolling(Indicator::OpenTime { budget: 24 * HOUR });
    let history = History::new(&slo, &readings, at("2026-03-10T00:00:00Z"));
    assert_eq!(history.exhausts(HOUR), Some(at("2026-03-10T06:00:00Z")));
    let calm = [readings[0], readings[1], reading(at("2026-03-10T00:00:00Z"), tally(0, 10, 0))];
    assert_eq!(History::new(&slo, &calm, at("2026-03-10T00:00:00Z")).exhausts(HOUR), None);
}

#[test]
fn a_window_is_covered_as_far_as_it_was_measured() {
    let mut last = tally(0, 98, 0);
    last.resources.unknown = 2;
    let readings = [reading(at("2026-03-01T00:00:00Z"), Tally::default()), reading(at("2026-03-08T00:00:00Z"), last)];
    let slo = rolling(Indicator::Compliance { target: 0.99 });
    let covered = |readings: &[Reading]| History::new(&slo, readings, at("2026-03-08T00:00:00Z")).window_coverage();
    assert!((covered(&readings).unwrap() - 0.25 * 0.98).abs() < 1e-12);
    assert_eq!(covered(&[]), None);
    assert_eq!(covered(&readings[..1]), None);
}

/// A past of a month and a half: at each step so many milliseconds pass, of which every resource
/// fails for a share, and so many findings are open.
fn histories() -> impl Strategy<Value = Vec<Reading>> {
    let step = (1_u64..200_000_000, 0_u64..=10, 0_u64..4, 0_u64..3, 0_u64..5);
    prop::collection::vec(step, 1..40).prop_map(|steps| {
        let mut now = at("2026-01-20T00:00:00Z");
        let mut sum = Tally::default();
        let mut readings = vec![reading(now, sum)];
        for (length, failing, open, late, within) in steps {
            now += SignedDuration::from_millis(i64::try_from(length).unwrap());
            sum.resources.fail.high += failing * length;
            sum.resources.pass += (10 - failing) * length;
            sum.open += open * length;
            (sum.late, sum.within) = (sum.late + late, sum.within + within);
            readings.push(reading(now, sum));
        }
        readings
    })
}

fn indicators() -> impl Strategy<Value = Indicator> {
    prop_oneof![
        (0.5_f64..0.999).prop_map(|target| Indicator::Compliance { target }),
        (1_u64..500).prop_map(|hours| Indicator::OpenTime { budget: Duration::from_hours(hours) }),
        (0.5_f64..0.999).prop_map(|target| Indicator::Remediation { target, within: DAY }),
    ]
}

/// Ten resources, all well from now on.
fn ten() -> Measure {
    let mut measure = Measure::default();
    measure.resources.pass = 10;
    measure
}

/// What is left at `later` if nothing new burns: the past is written on and asked as at that moment.
fn left_at(slo: &Slo, readings: &[Reading], later: Timestamp) -> Option<f64> {
    let last = readings.last().unwrap();
    let passed = u64::try_from(later.duration_since(last.at).as_millis()).unwrap();
    let mut tally = last.tally;
    tally.resources.pass += 10 * passed;
    let mut readings = readings.to_vec();
    readings.push(reading(later, tally));
    spent(&slo.indicator, &History::new(slo, &readings, later).over_window()).remaining
}

proptest! {
    #[test]
    fn what_remains_is_one_less_what_is_used(indicator in indicators(), readings in histories()) {
        let slo = rolling(indicator);
        let last = readings.last().unwrap().at;
        let spent = spent(&slo.indicator, &History::new(&slo, &readings, last).over_window());
        let remaining = spent.remaining.unwrap();
        prop_assert!(remaining.is_finite() && remaining <= 1.0);
        if spent.used > 0.0 {
            prop_assert!((remaining - (1.0 - spent.used / spent.budget)).abs() < 1e-12);
        }
    }

    #[test]
    fn more_that_is_bad_never_leaves_more(indicator in indicators(), good in 1_u64..1_000_000, bad in 0_u64..1_000_000, more in 0_u64..1_000_000) {
        let with = |bad: u64| {
            let mut added = tally(bad, good, bad);
            (added.late, added.within) = (bad, good);
            spent(&indicator, &added).remaining.unwrap()
        };
        prop_assert!(with(bad + more) <= with(bad) + 1e-12);
    }

    #[test]
    fn burning_at_one_over_the_window_leaves_nothing(indicator in indicators(), readings in histories()) {
        let slo = rolling(indicator);
        let history = History::new(&slo, &readings, readings.last().unwrap().at);
        let rate = burn_rate(&slo, &history.over_window(), slo.window.length()).unwrap();
        let remaining = spent(&slo.indicator, &history.over_window()).remaining.unwrap();
        prop_assert!((rate - (1.0 - remaining)).abs() < 1e-9 * rate.max(1.0), "{rate} {remaining}");
    }

    #[test]
    fn windows_add_up(readings in histories(), part in 0_u32..=100) {
        let slo = rolling(Indicator::Compliance { target: 0.99 });
        let history = History::new(&slo, &readings, readings.last().unwrap().at);
        let (first, last) = (readings[0].at, readings.last().unwrap().at);
        let middle = first + last.duration_since(first) * i32::try_from(part).unwrap() / 100;
        let [a, b, c] = [first, middle, last].map(|at| history.tally(at));
        let (one, two, all) = (b.since(&a), c.since(&b), c.since(&a));
        prop_assert_eq!(one.resources.total() + two.resources.total(), all.resources.total());
        prop_assert_eq!((one.open + two.open, one.late + two.late), (all.open, all.late));
        for reading in &readings {
            prop_assert_eq!(history.tally(reading.at), reading.tally);
        }
    }

    #[test]
    fn a_budget_recovers_at_that_millisecond_and_not_before(indicator in indicators(), readings in histories(), above in -0.5_f64..0.9) {
        let slo = rolling(indicator);
        let now = readings.last().unwrap().at;
        let history = History::new(&slo, &readings, now);
        let recovers = history.recovers(&ten(), above).unwrap();
        let left = |later: Timestamp| left_at(&slo, &readings, later).unwrap();
        prop_assert!(left(recovers) > above, "{} is not above {above}", left(recovers));
        if recovers > now {
            let before = recovers - SignedDuration::from_millis(1);
            prop_assert!(left(before) <= above, "{} is above {above} already", left(before));
            // Nor at any other moment before.
            for tenth in 0..10 {
                let earlier = now + before.duration_since(now) * tenth / 10;
                prop_assert!(left(Timestamp::from_millisecond(earlier.as_millisecond()).unwrap()) <= above + 1e-9);
            }
        }
    }

    #[test]
    fn a_month_recovers_by_its_end(indicator in indicators(), readings in histories()) {
        let slo = slo(indicator, TimeWindow::Month);
        let now = readings.last().unwrap().at;
        let history = History::new(&slo, &readings, now);
        if let Some(recovers) = history.recovers(&ten(), 0.1) {
            prop_assert!(recovers >= now && recovers <= slo.window.renews(now).unwrap());
        }
        if let Some(exhausts) = history.exhausts(DAY) {
            prop_assert!(exhausts >= now && exhausts < slo.window.renews(now).unwrap());
        }
    }
}
