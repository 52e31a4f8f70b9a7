//! Tiers of burn-rate alerts: factors and thresholds beside those of another generator, whether a
//! tier can fire, and what scans can tell.

use std::time::Duration;

use plimsoll::slo::{
    Asked, Cadence, Indicator, Reach, Scope, Slo, SloName, TIERS, Tally, Threshold, TierName, TimeWindow, Verdict,
    burn_rate, reach, spent,
};
use proptest::prelude::*;
use slokit::generate::{GenerateOptions, generate_rules_with};
use slokit::spec::{Spec, alert_windows};
use slokit::{BurnRate, Objective, Window};

const HOUR: Duration = Duration::from_hours(1);

/// The shares of the tiers as a catalogue of the other generator.
fn catalogue(days: u32) -> String {
    format!(
        "apiVersion: sloth.slok.dev/v1
kind: AlertWindows
spec:
  sloPeriod: {days}d
  page:
    quick: {{errorBudgetPercent: 2, shortWindow: 5m, longWindow: 1h}}
    slow: {{errorBudgetPercent: 5, shortWindow: 30m, longWindow: 6h}}
  ticket:
    quick: {{errorBudgetPercent: 10, shortWindow: 2h, longWindow: 1d}}
    slow: {{errorBudgetPercent: 10, shortWindow: 6h, longWindow: 3d}}
"
    )
}

fn rolling(days: u32) -> TimeWindow {
    TimeWindow::Rolling(HOUR * 24 * days)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0)
}

fn slo(indicator: Indicator, window: TimeWindow) -> Slo {
    let name = SloName::new("a").unwrap();
    Slo { name, description: String::new(), scope: Scope::default(), indicator, window, tiers: TIERS.to_vec() }
}

/// The share of a threshold; not a number where findings are counted, which equals nothing.
fn share(threshold: Threshold) -> f64 {
    match threshold {
        Threshold::Share(share) => share,
        Threshold::Open(_) => f64::NAN,
    }
}

#[test]
fn factors_and_thresholds_are_those_of_another_generator() {
    let mut compared = 0;
    for days in [7, 28, 30, 90] {
        let theirs = alert_windows::from_yaml(&catalogue(days)).unwrap().remove(0).windows;
        assert_eq!(theirs.len(), TIERS.len());
        for (tier, other) in TIERS.iter().zip(&theirs) {
            let TimeWindow::Rolling(length) = rolling(days) else { panic!("rolling") };
            assert_eq!((tier.long, tier.short), (other.long.as_duration(), other.short.as_duration()));
            assert!(close(tier.factor(length), other.factor), "{days}d {}", tier.name);
            for thousandths in (500..1000).chain([1]) {
                let target = f64::from(thousandths) / 1000.0;
                let period = slokit::Slo::new(Objective::ratio(target).unwrap(), Window::days(u64::from(days)));
                let ours = share(tier.threshold(&Indicator::Compliance { target }, rolling(days)));
                assert!(close(ours, other.threshold(&period)), "{days}d {} {target}", tier.name);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 4 * 4 * 501);
}

/// The rules it writes have the numbers that `slo check` prints.
#[test]
fn generated_rules_have_our_factors() {
    for days in [28, 30] {
        let mut options = GenerateOptions::default();
        options.alert_windows.insert(alert_windows::from_yaml(&catalogue(days)).unwrap().remove(0)).unwrap();
        let text = format!(
            "version: prometheus/v1\nservice: plimsoll\nslos:\n  - name: a\n    objective: 99.5\n    time_window: {days}d\n    period: {days}d\n    \
             sli: {{events: {{error_query: 'rate(bad[{{{{.window}}}}])', total_query: 'rate(all[{{{{.window}}}}])'}}}}\n    \
             alerting: {{name: Burn}}\n"
        );
        let spec = Spec::from_yaml(&text)
            .or_else(|_| Spec::from_yaml(&text.replace(&format!("    time_window: {days}d\n"), "")));
        let rules = generate_rules_with(&spec.unwrap(), &options).unwrap().to_prometheus_yaml().unwrap();
        for tier in TIERS {
            let factor = format!("{:.10}", tier.factor(HOUR * 24 * days));
            let factor = factor.trim_end_matches('0').trim_end_matches('.');
            assert!(rules.contains(&format!("({factor} * 0.005)")), "{days}d {factor}\n{rules}");
        }
    }
}

#[test]
fn budgets_are_those_of_another_library() {
    for (fail, pass, target) in [(0_u32, 10_u32, 0.99), (3, 997, 0.999), (50, 50, 0.5), (1, 3, 0.9999)] {
        let mut tally = Tally::default();
        (tally.resources.fail.high, tally.resources.pass) = (u64::from(fail), u64::from(pass));
        let ours = slo(Indicator::Compliance { target }, rolling(28));
        let theirs = slokit::Slo::new(Objective::ratio(target).unwrap(), Window::days(28));
        let total = f64::from(fail + pass);
        // Their remaining share ends at 0; ours goes on below it, as the part used does on both sides.
        let remaining = 1.0 - theirs.error_budget(total).consumed_ratio(f64::from(fail));
        assert!(close(spent(&ours.indicator, &tally).remaining.unwrap(), remaining));
        let rate = BurnRate::from_error_ratio(f64::from(fail) / total, &theirs).value();
        assert!(close(burn_rate(&ours, &tally, HOUR).unwrap(), rate));
    }
}

fn check(indicator: Indicator, window: TimeWindow, interval: Duration, stepwise: bool) -> Vec<Reach> {
    reach(&indicator, window, &Asked::default(), Cadence { interval, stepwise })
}

fn verdicts(reach: &[Reach]) -> Vec<&'static str> {
    reach.iter().map(|one| one.verdict.name()).collect()
}

const QUARTER: Duration = Duration::from_mins(15);

#[test]
fn a_tier_fires_only_below_all_that_can_fail() {
    // The limits of the targets are 1 − 1 / factor: 92.56 %, 82.14 %, 64.29 %.
    let at = |target| verdicts(&check(Indicator::Compliance { target }, rolling(28), QUARTER, false));
    assert_eq!(at(0.999), ["fires", "fires", "fires", "fires"]);
    assert_eq!(at(0.9257), ["hard to reach", "hard to reach", "fires", "fires"]);
    assert_eq!(at(0.9255), ["never fires", "hard to reach", "fires", "fires"]);
    assert_eq!(at(0.8215), ["never fires", "hard to reach", "hard to reach", "fires"]);
    assert_eq!(at(0.8213), ["never fires", "never fires", "hard to reach", "fires"]);
    assert_eq!(at(0.6428), ["never fires", "never fires", "never fires", "hard to reach"]);
    let never = &check(Indicator::Compliance { target: 0.9 }, rolling(28), QUARTER, false)[0];
    assert!(never.is_fault && never.fires_after.is_none());
    assert_eq!(never.because, "13.44 × (1 − 0.9) = 1.344: more than all of the resource-time would have to be bad");
}

#[test]
fn an_absolute_budget_pages_after_the_time_that_was_measured() {
    let budget = |hours: u64| {
        check(Indicator::OpenTime { budget: HOUR * u32::try_from(hours).unwrap() }, rolling(28), QUARTER, false)
    };
    let fast = |hours| budget(hours)[0].fires_after.unwrap();
    assert_eq!((fast(24), fast(8)), (Duration::from_mins(28) + Duration::from_secs(48), Duration::from_secs(576)));
    assert_eq!(budget(24)[0].threshold.findings(), Some(1));
    assert_eq!(verdicts(&budget(49))[0], "fires", "one finding fires it up to 672 / 13.44 = 50 h");
    let large = budget(51);
    assert_eq!(verdicts(&large), ["hard to reach", "fires", "fires", "fires"]);
    assert!(!large[0].is_fault);
    assert_eq!(large[0].threshold.findings(), Some(2));
    assert_eq!(
        large[0].because,
        "13.44 × 2d3h / 28d = 1.02: 2 findings must be open at once; one alone does not fire it, though it uses up \
         the budget in 2d3h"
    );
}

#[test]
fn what_scans_cannot_tell_is_too_fast() {
    let at = |hours, stepwise| {
        verdicts(&check(Indicator::Compliance { target: 0.999 }, rolling(28), HOUR / 4 * hours, stepwise))
    };
    assert_eq!(at(1, false), ["fires"; 4]);
    assert_eq!(at(1, true), ["too fast", "fires", "fires", "fires"], "5m holds no step of 15m");
    assert_eq!(at(2, false), ["too fast", "fires", "fires", "fires"]);
    assert_eq!(at(6, true), ["too fast", "too fast", "too fast", "fires"]);
    assert_eq!(at(96, false), ["too fast"; 4]);
    let findings = check(Indicator::Remediation { target: 0.99, within: HOUR }, rolling(28), QUARTER, false);
    assert_eq!(verdicts(&findings)[0], "too fast", "numbers of findings move only with a scan");
}

#[test]
fn tiers_of_small_windows_that_fire_within_budget_are_too_slow() {
    let at = |days| verdicts(&check(Indicator::Compliance { target: 0.999 }, rolling(days), QUARTER, false));
    assert_eq!(at(7), ["fires", "fires", "too slow", "too slow"]);
    assert_eq!(at(1), ["too slow"; 4]);
    assert_eq!(at(90), ["fires"; 4]);
    let month = check(Indicator::Compliance { target: 0.999 }, TimeWindow::Month, QUARTER, false);
    let factors: Vec<String> = month.iter().map(|one| format!("{:.3}", one.factor)).collect();
    assert_eq!(factors, ["14.400", "6.000", "3.000", "1.000"]);
}

#[test]
fn asking_for_a_tier_makes_a_fault_of_what_else_is_left_out() {
    let asked = |enabled: &[TierName], disabled: &[TierName]| {
        let asked = Asked { enabled: Some(enabled.to_vec()), disabled: disabled.to_vec() };
        let cadence = Cadence { interval: HOUR, stepwise: false };
        reach(&Indicator::Compliance { target: 0.999 }, rolling(28), &asked, cadence)
    };
    let one = asked(&[TierName::Fast, TierName::Slow], &[TierName::Slow]);
    assert_eq!(verdicts(&one), ["too fast", "disabled", "disabled", "disabled"]);
    assert_eq!(one.iter().map(|one| one.is_fault).collect::<Vec<_>>(), [true, false, false, false]);
}

proptest! {
    /// The threshold is what separates firing from silence: a little less of bad time never exceeds
    /// it, a little more does, when that is possible at all.
    #[test]
    fn a_tier_fires_exactly_above_its_threshold(
        target in 0.5_f64..0.9999,
        tier in prop::sample::select(TIERS),
        nudge in prop::sample::select(vec![0.999_f64, 1.001]),
    ) {
        let indicator = Indicator::Compliance { target };
        let ours = slo(indicator, rolling(28));
        let limit = share(tier.threshold(&indicator, rolling(28)));
        prop_assume!(limit * nudge < 1.0);
        let whole = 1e12;
        let mut tally = Tally::default();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1e12")]
        let bad = (whole * limit * nudge) as u64;
        (tally.resources.fail.low, tally.resources.pass) = (bad, 1_000_000_000_000 - bad);
        let fires = burn_rate(&ours, &tally, tier.long).unwrap() > tier.factor(ours.window.length());
        prop_assert_eq!(fires, nudge > 1.0);
    }

    /// A full outage fires a tier after the time that is said: the share over the long window is then
    /// above the threshold, and a minute before it is not.
    #[test]
    fn a_full_outage_fires_after_the_time_that_is_said(target in 0.93_f64..0.9999, place in 0_usize..4) {
        let one = &check(Indicator::Compliance { target }, rolling(28), QUARTER, false)[place];
        prop_assert_ne!(one.verdict, Verdict::NeverFires);
        let after = one.fires_after.unwrap().as_secs_f64();
        let long = one.tier.long.as_secs_f64();
        prop_assert!((after + 1.0) / long > share(one.threshold));
        prop_assert!((after - 1.0) / long < share(one.threshold));
    }
}
