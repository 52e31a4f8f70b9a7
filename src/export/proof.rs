//! Unit tests of the exported rules, for `promtool test rules`.
//!
//! Each tier fires in the minute that its arithmetic says and not in the one before; its short window
//! ends it; a scanner that dies, counters that begin anew and estates that double are told apart from
//! burning. Windows of weeks have a file of their own with long steps, because Prometheus reads at
//! most 10,000 values of a series at once.

use std::time::Duration;

use super::burning::BURN;
use super::promql::{allowance, has_range, recorded, tiers, window};
use super::proof_series::{Phase, course, half_of_the_budget, input, series, steps};
use super::text::{duration, number};
use super::yaml::{Yaml, document};
use super::{ALERTS, Exported, File, RULES, alerting, estate, recording};
use crate::slo::{Indicator, Slo, Tier, TierName};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// Tiers with longer windows are tested in steps of an hour.
const LONGEST_BY_MINUTES: Duration = Duration::from_hours(6);

pub(super) fn files(exported: &Exported<'_>) -> Vec<File> {
    let exported = &Exported { time_scale: 1, ..*exported };
    let mut short: Vec<Yaml> = TierName::ALL.iter().filter_map(|tier| tier_fires(exported, *tier, MINUTE)).collect();
    short.extend(never(exported));
    short.extend(exported.slos.iter().find_map(|slo| dead_scanner(exported, slo)));
    let compliance = exported.slos.iter().find(|slo| is_compliance(slo));
    short.extend(compliance.into_iter().flat_map(|slo| [doubled(slo), reset(slo)]));
    short.extend(absent(exported));
    let mut long: Vec<Yaml> = TierName::ALL.iter().filter_map(|tier| tier_fires(exported, *tier, HOUR)).collect();
    long.extend(budgets(exported));
    vec![
        File { name: "plimsoll.test.yml", text: file(exported, "plimsoll.test.yml", MINUTE, short) },
        File { name: "plimsoll.window.test.yml", text: file(exported, "plimsoll.window.test.yml", HOUR, long) },
    ]
}

fn file(exported: &Exported<'_>, name: &str, step: Duration, tests: Vec<Yaml>) -> String {
    let alerts = alerting::group_names().map(str::to_owned);
    let order = recording::group_names(exported).into_iter().chain(alerts).map(Yaml::text);
    let value = Yaml::map([
        ("rule_files", Yaml::list([Yaml::text(RULES), Yaml::text(ALERTS)])),
        ("evaluation_interval", Yaml::text(duration(step))),
        ("group_eval_order", Yaml::list(order)),
        ("tests", Yaml::List(tests)),
    ]);
    document(&format!("Written by: plimsoll export promtool-tests\nRun with: promtool test rules {name}"), &value)
}

fn test(name: String, step: Duration, inputs: Vec<Yaml>, questions: Vec<Yaml>) -> Yaml {
    Yaml::map([
        ("name", Yaml::text(name)),
        ("interval", Yaml::text(duration(step))),
        ("input_series", Yaml::List(inputs)),
        ("promql_expr_test", Yaml::List(questions)),
    ])
}

/// What an expression gives at a step: one sample of this value, or none.
fn gives(expression: &str, step: Duration, at: usize, value: Option<f64>) -> Yaml {
    let sample = |value| Yaml::map([("labels", Yaml::text("{}")), ("value", Yaml::bare(&number(value)))]);
    Yaml::map([
        ("expr", Yaml::text(expression)),
        ("eval_time", Yaml::text(moment(step, at))),
        ("exp_samples", Yaml::list(value.map(sample))),
    ])
}

fn moment(step: Duration, at: usize) -> String {
    duration(step.saturating_mul(u32::try_from(at).unwrap_or(u32::MAX)))
}

/// Whether a burn-rate alert fires at a step.
fn fires(slo: &Slo, tier: &Tier, step: Duration, at: usize, firing: bool) -> Yaml {
    let labels = format!("slo=\"{}\",burn_tier=\"{}\"", slo.name, tier.name.name());
    rings(&format!("alertname=\"{BURN}\",{labels}"), step, at, firing)
}

fn rings(labels: &str, step: Duration, at: usize, firing: bool) -> Yaml {
    gives(&format!("count(ALERTS{{{labels},alertstate=\"firing\"}})"), step, at, firing.then_some(1.0))
}

const fn is_compliance(slo: &Slo) -> bool {
    matches!(slo.indicator, Indicator::Compliance { .. })
}

fn threshold(slo: &Slo, tier: &Tier) -> f64 {
    tier.factor(window(slo)) * allowance(slo).1
}

/// The objectives whose tier of this name is exported and tested in these steps.
fn tested<'a>(exported: &Exported<'a>, name: TierName, step: Duration) -> Vec<(&'a Slo, &'a Tier)> {
    let fits = |tier: &&Tier| tier.name == name && (tier.long > LONGEST_BY_MINUTES) == (step > MINUTE);
    let of = |slo: &'a Slo| tiers(exported, slo).into_iter().filter(fits).map(|tier| (slo, tier)).collect::<Vec<_>>();
    exported.slos.iter().flat_map(of).collect()
}

/// A tier fires at the computed step, and ends by its short window while the long one still burns.
/// All objectives stand in one test, because promtool evaluates all rules for each.
fn tier_fires(exported: &Exported<'_>, name: TierName, step: Duration) -> Option<Yaml> {
    let (mut inputs, mut questions) = (Vec::new(), Vec::new());
    for (slo, tier) in tested(exported, name, step) {
        let (series, asked) = one_tier_fires(slo, tier, step);
        inputs.extend(series);
        questions.extend(asked);
    }
    let title = format!("tier {} fires in its minute, and its short window ends it", name.name());
    (!questions.is_empty()).then(|| test(title, step, inputs, questions))
}

fn one_tier_fires(slo: &Slo, tier: &Tier, step: Duration) -> (Vec<Yaml>, Vec<Yaml>) {
    let threshold = threshold(slo, tier);
    let course = course(slo, threshold, tier.long, step);
    let fire = course.history + course.steps;
    let bad_until = fire + 3;
    let short = usize::try_from(tier.short.as_secs() / step.as_secs()).unwrap_or(usize::MAX);
    // Pages go on for five minutes after their condition ended.
    let over = bad_until + short + 8;
    let bad = (Phase::Bad(course.share), bad_until - course.history);
    let phases = [(Phase::Bad(0.0), course.history), bad, (Phase::Bad(0.0), short + 10)];
    let still = format!("{}{{slo=\"{}\"}} > bool {}", recorded(slo, tier.long), slo.name, number(threshold));
    let questions = vec![
        fires(slo, tier, step, fire - 1, false),
        fires(slo, tier, step, fire, true),
        fires(slo, tier, step, bad_until, true),
        gives(&format!("max({still})"), step, over, Some(1.0)),
        fires(slo, tier, step, over, false),
    ];
    (series(slo, step, &phases), questions)
}

/// Tiers that are left out stay silent, whatever is bad.
fn never(exported: &Exported<'_>) -> Option<Yaml> {
    let (mut inputs, mut questions) = (Vec::new(), Vec::new());
    for slo in exported.slos {
        let left_out = slo.tiers.iter().filter(|tier| super::left_out(slo, tier, exported.cadence).is_some());
        let silent: Vec<Yaml> = left_out.map(|tier| fires(slo, tier, MINUTE, 90, false)).collect();
        if !silent.is_empty() {
            inputs.extend(series(slo, MINUTE, &[(Phase::Bad(0.0), 30), (Phase::Bad(1.0), 60)]));
            questions.extend(silent);
        }
    }
    let title = "tiers that are left out are silent when all is bad".to_owned();
    (!questions.is_empty()).then(|| test(title, MINUTE, inputs, questions))
}

/// While it burns, the scanner dies. Its values hold for half an hour, then all is unknown: the page
/// goes on, and two more alerts say why.
fn dead_scanner(exported: &Exported<'_>, slo: &Slo) -> Option<Yaml> {
    let tier = *tiers(exported, slo).first().filter(|_| is_compliance(slo))?;
    let (good, held, dead) = (65, 60, 180);
    let phases = [(Phase::Bad(0.0), good), (Phase::Bad(1.0), held), (Phase::Unseen, dead), (Phase::Bad(0.0), 90)];
    let mut inputs = series(slo, MINUTE, &phases);
    let died = good + held;
    let scan = died - 30;
    let back = died + dead;
    let estate = format!("{}+60x{died} {}+0x{}", number(0.0), number(60.0 * died_as_number(died)), dead - 1);
    inputs.push(input("plimsoll_resource_seconds_total{state=\"pass\"}", &estate));
    let unknown = format!("0x{died} 60+60x{}", dead - 1);
    inputs.push(input("plimsoll_resource_seconds_total{state=\"unknown\"}", &unknown));
    inputs.push(input("plimsoll_scan_last_success_timestamp_seconds", &format!("{}x{back}", scan * 60)));
    inputs.push(input("plimsoll_scan_hold_seconds", &format!("1800x{back}")));
    let unseen = (60.0 * (1.0 - exported.minimum_coverage)).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 60")]
    let low = died + unseen as usize + 1 + 15;
    let stale = "alertname=\"PlimsollScanStale\"";
    let coverage = "alertname=\"PlimsollCoverageLow\"";
    let questions = vec![
        rings(stale, MINUTE, died, false),
        rings(stale, MINUTE, died + 1, true),
        rings(coverage, MINUTE, low - 2, false),
        rings(coverage, MINUTE, low + 1, true),
        fires(slo, tier, MINUTE, died, true),
        fires(slo, tier, MINUTE, back - 1, true),
        fires(slo, tier, MINUTE, back + 30, false),
    ];
    let name = format!("{}: a scanner that dies is no repair", slo.name);
    Some(test(name, MINUTE, inputs, questions))
}

#[expect(clippy::cast_precision_loss, reason = "minutes of a test")]
const fn died_as_number(minutes: usize) -> f64 {
    minutes as f64
}

/// Twice the resources and as many failing: the share is that of resource time, not the mean of two
/// shares.
fn doubled(slo: &Slo) -> Yaml {
    let phases = [(Phase::Bad(0.03), 60), (Phase::Doubled(0.03), 30)];
    let hour = recorded(slo, Duration::from_hours(1));
    // 30 of 1000 for half of the hour, 30 of 2000 for the other half: 60 of 3000.
    let question = format!("abs(sum({hour}{{slo=\"{}\"}}) - 0.02) < bool 1e-9", slo.name);
    let name = format!("{}: an estate that doubles", slo.name);
    test(name, MINUTE, series(slo, MINUTE, &phases), vec![gives(&question, MINUTE, 90, Some(1.0))])
}

/// Counters that begin anew do not burn.
fn reset(slo: &Slo) -> Yaml {
    let phases = [(Phase::Bad(0.03), 60), (Phase::Reset(0.03), 1), (Phase::Bad(0.03), 29)];
    let hour = recorded(slo, Duration::from_hours(1));
    let question = format!("abs(sum({hour}{{slo=\"{}\"}}) - 0.03) < bool 1e-9", slo.name);
    let name = format!("{}: counters that begin anew", slo.name);
    test(name, MINUTE, series(slo, MINUTE, &phases), vec![gives(&question, MINUTE, 90, Some(1.0))])
}

/// Nothing is scraped; or a program runs that does not know an objective.
fn absent(exported: &Exported<'_>) -> Vec<Yaml> {
    let minutes = |slo| usize::try_from(estate::patience(exported, slo).as_secs() / 60).unwrap_or(usize::MAX);
    let shortest = exported.slos.iter().map(minutes).min().unwrap_or(10);
    let gone = "alertname=\"PlimsollMetricsAbsent\"";
    let questions = vec![rings(gone, MINUTE, shortest - 1, false), rings(gone, MINUTE, shortest, true)];
    let mut tests = vec![test("nothing is scraped".to_owned(), MINUTE, Vec::new(), questions)];
    let mut questions = Vec::new();
    for slo in exported.slos {
        let gone = format!("alertname=\"PlimsollObjectiveAbsent\",slo=\"{}\"", slo.name);
        questions.extend([rings(&gone, MINUTE, minutes(slo) - 1, false), rings(&gone, MINUTE, minutes(slo), true)]);
    }
    if !questions.is_empty() {
        let inputs = vec![input("plimsoll_build_info", "1x60")];
        tests.push(test("a program runs that does not know the objectives".to_owned(), MINUTE, inputs, questions));
    }
    tests
}

/// Half of each budget is used up over the whole window, so half is left.
fn budgets(exported: &Exported<'_>) -> Option<Yaml> {
    let (mut inputs, mut questions) = (Vec::new(), Vec::new());
    for slo in exported.slos.iter().filter(|slo| has_range(slo)) {
        let length = steps(slo, HOUR);
        inputs.extend(series(slo, HOUR, &[(Phase::Bad(half_of_the_budget(slo)), length + 4)]));
        let left = format!("plimsoll:slo_budget_remaining:ratio{{slo=\"{}\"}}", slo.name);
        questions.push(gives(&format!("abs(sum({left}) - 0.5) < bool 1e-6"), HOUR, length + 4, Some(1.0)));
    }
    (!questions.is_empty()).then(|| test("half of the budget is left".to_owned(), HOUR, inputs, questions))
}
