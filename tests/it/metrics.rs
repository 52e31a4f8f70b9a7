//! The metrics page: its text, its laws, and what Prometheus' own tool says about it.
#![expect(clippy::float_cmp, reason = "the numbers are whole, and so exact")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::metrics::{
    AccountSeries, Build, FailureReason, GateDecision, METRICS, Phase, Published, ReloadOutcome, RuleSummary,
    ScanFailure, ScanValues, Size, SloPages, SloValues, UnitStatus, WaiverStatus, estimate, reference, render,
    render_failure, render_times, window_name,
};
use plimsoll::model::{
    AccountId, ChangeKind, Detected, DetectionBound, Direction, Finding, GapReason, Region, Resolution, Resolved,
    ResourceId, ResourceKey, ResourceType, RuleId, Service, Severity, Snapshot,
};
use plimsoll::sli::{Assessment, BySeverity, CallCount, Counters, Indicator, Integrals, RuleCounts, Standing, States};
use plimsoll::slo::policy::Action as PolicyAction;
use plimsoll::slo::{Measure, Point, SloName, Tally};
use proptest::prelude::*;

use crate::tools;

/// 100 resources in two accounts: 90 pass, 3 fail, 2 are waived, 5 unknown. The scan ended at
/// `at` and holds for half an hour.
pub(crate) fn published(at: Timestamp) -> Published {
    let mut published = Published::before_the_first_scan(build(), Duration::from_mins(15));
    published.rules = rules(2);
    published.accounts =
        BTreeMap::from([(account(1), Some("payments \"prod\"".to_owned())), (account(2), None), (account(3), None)]);
    published.scan = Some(scan(at));
    published.counters = counters();
    published.last_start = Some(at - SignedDuration::from_secs(95));
    published.last_completion = Some(at);
    published.reload = Some(ReloadOutcome { at: at - SignedDuration::from_hours(1), refused: None });
    published.slos = slos(at);
    published.decisions = BTreeMap::from([
        ((GateDecision::Allowed, "budget".to_owned()), 3),
        ((GateDecision::Frozen, "budget".to_owned()), 0),
    ]);
    published
}

pub(crate) fn slo_name(name: &str) -> SloName {
    SloName::new(name).unwrap()
}

/// A share that complies, of which half the budget is left, and a budget of open time that is
/// overspent. Both are about the 60 buckets, and hold like the scan.
fn slos(at: Timestamp) -> SloPages {
    let day = SignedDuration::from_hours(24);
    let compliance = SloValues {
        digest: "1".to_owned(),
        target: Some(0.99),
        budget: None,
        window: Duration::from_hours(28 * 24),
        latest: Some(Point {
            at,
            hold: SignedDuration::from_mins(30),
            measure: Measure { resources: s3(), open: 3, ..Measure::default() },
            tally: Tally { resources: States { pass: 7_000, ..States::default() }, open: 5_000, within: 4, late: 1 },
        }),
        remaining: Some(0.5),
        window_coverage: Some(0.75),
        burn_rates: BTreeMap::from([(Duration::from_mins(5), 0.0), (Duration::from_hours(72), 1.5)]),
        recovery: None,
        actions: BTreeMap::new(),
    };
    let open_time = SloValues {
        digest: "2".to_owned(),
        target: None,
        budget: Some(Duration::from_hours(24)),
        remaining: Some(-0.25),
        burn_rates: BTreeMap::new(),
        recovery: Some(at + day),
        actions: BTreeMap::from([(PolicyAction::Freeze, at - day)]),
        ..compliance.clone()
    };
    BTreeMap::from([(slo_name("compliance-high"), compliance), (slo_name("critical-hours"), open_time)])
}

/// A finding of this severity that was opened `open` before `end()`.
pub(crate) fn finding(id: &str, severity: Severity, open: SignedDuration) -> Finding {
    Finding {
        id: id.to_owned(),
        rule: RuleId::new("aws-s3-rule-0001").unwrap(),
        severity,
        resource: ResourceKey {
            account: account(1),
            region: Region::global(),
            resource_type: ResourceType::Bucket,
            id: ResourceId::new("arn:aws:s3:::b").unwrap(),
        },
        denials: Vec::new(),
        first_seen: end() - open,
        last_seen: end(),
        resolved: None,
        reopened: 0,
        detected: None,
    }
}

fn build() -> Build {
    Build { version: "0.1.0".to_owned(), revision: "unknown".to_owned(), rules_digest: "5f1d".to_owned() }
}

fn account(number: u64) -> AccountId {
    AccountId::new(format!("{number:012}")).unwrap()
}

fn rules(count: usize) -> BTreeMap<RuleId, RuleSummary> {
    let rule = |number| {
        let severity = Severity::ALL[number % 4];
        let title = format!("Rule {number} holds");
        (RuleId::new(format!("aws-s3-rule-{number:04}")).unwrap(), RuleSummary { severity, title })
    };
    (0..count).map(rule).collect()
}

fn s3() -> States {
    States { pass: 50, fail: BySeverity { critical: 1, low: 2, ..BySeverity::default() }, waived: 2, unknown: 5 }
}

fn iam() -> States {
    States { pass: 40, ..States::default() }
}

fn indicator(parts: &[States]) -> Indicator {
    let mut resources = States::default();
    for part in parts {
        resources.add_times(part, 1);
    }
    Indicator { resources, stale: 0, unlisted: 0 }
}

fn scan(at: Timestamp) -> ScanValues {
    let assessment = Assessment {
        taken_at: at - SignedDuration::from_secs(95),
        overall: indicator(&[s3(), iam()]),
        severities: BTreeMap::from([(Severity::Low, indicator(&[s3(), iam()]))]),
        services: BTreeMap::from([(Service::S3, indicator(&[s3()])), (Service::Iam, indicator(&[iam()]))]),
        accounts: BTreeMap::from([(account(1), indicator(&[s3()])), (account(2), indicator(&[iam()]))]),
        regions: BTreeMap::from([
            (Region::new("eu-central-1").unwrap(), indicator(&[s3()])),
            (Region::global(), indicator(&[iam()])),
        ]),
        rules: rules(2)
            .into_iter()
            .map(|(rule, summary)| {
                (rule, RuleCounts { severity: summary.severity, pass: 50, fail: 3, waived: 2, unknown: 5 })
            })
            .collect(),
    };
    let open = [Severity::Critical, Severity::Low, Severity::Low];
    let standing = Standing::new(&assessment, open, at, SignedDuration::from_mins(30));
    let mut scan = ScanValues::new(assessment, standing, &Snapshot::empty(at), &[]);
    scan.findings_open = BTreeMap::from([((Severity::Critical, Service::S3), 1), ((Severity::Low, Service::S3), 2)]);
    scan.oldest_open = BTreeMap::from([(Severity::Critical, at - SignedDuration::from_hours(3))]);
    scan.due = BTreeMap::from([(
        Severity::Critical,
        vec![at - SignedDuration::from_mins(1), at + SignedDuration::from_mins(9)],
    )]);
    scan.gaps = BTreeMap::from([((Service::S3, GapReason::Denied), 5)]);
    scan.waivers = BTreeMap::from([(WaiverStatus::Used, 2), (WaiverStatus::Expired, 1)]);
    scan.units = BTreeMap::from([(UnitStatus::Complete, 5), (UnitStatus::Incomplete, 1)]);
    scan.durations =
        BTreeMap::from([(Phase::Collect, Duration::from_secs(90)), (Phase::Evaluate, Duration::from_secs(2))]);
    scan
}

fn counters() -> Counters {
    let mut counters = Counters {
        integrals: Integrals {
            resources: BTreeMap::from([(Service::S3, States { pass: 3_600_500, ..States::default() })]),
            findings: BySeverity { critical: 60_000, ..BySeverity::default() },
        },
        findings_opened: BySeverity { critical: 2, low: 2, ..BySeverity::default() },
        scan_runs: 12,
        ..Counters::default()
    };
    counters.findings_resolved.insert(Resolution::Fixed, BySeverity { critical: 1, ..BySeverity::default() });
    counters
        .changes
        .entry(Service::S3)
        .or_default()
        .insert(ChangeKind::Changed, BTreeMap::from([(Direction::Widened, 4)]));
    counters.scan_failures.insert("connect".to_owned(), 1);
    let calls = CallCount { calls: 10, attempts: 13, throttles: 2, errors: 1 };
    counters.calls.entry("s3".to_owned()).or_default().insert("GetBucketPolicy".to_owned(), calls);
    observe(&mut counters);
    counters
}

/// A finding that was opened 100 s after the change at the most, and one that was fixed after 5 h.
fn observe(counters: &mut Counters) {
    let opened = finding("0123456789abcdef", Severity::Critical, SignedDuration::from_mins(2));
    let before = counters.findings_opened;
    counters.observe_opening(&opened);
    counters.findings_opened = before;
    let detected = Detected { bound: DetectionBound::Upper, delay_seconds: 100, event: None };
    counters.observe_detection(&Finding { detected: Some(detected), ..opened });
    let fixed = finding("fedcba9876543210", Severity::High, SignedDuration::from_hours(5));
    counters.observe_resolution(&Finding { resolved: Some(Resolved { at: end(), how: Resolution::Fixed }), ..fixed });
}

pub(crate) fn end() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// The samples of a page, by name with labels.
pub(crate) fn samples(page: &str) -> BTreeMap<String, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// The sum over all series of a family whose labels contain a text.
fn sum(page: &str, family: &str, labels: &str) -> f64 {
    let of_family = |series: &str| series == family || series.starts_with(&format!("{family}{{"));
    samples(page)
        .iter()
        .filter(|(series, _)| of_family(series) && series.contains(labels))
        .map(|(_, value)| value)
        .sum()
}

fn counter_names() -> BTreeSet<&'static str> {
    METRICS.iter().map(|metric| metric.name).filter(|name| name.ends_with("_total")).collect()
}

/// No counter of `earlier`, and no count of a histogram, is lower in `later`.
pub(crate) fn assert_no_counter_fell(earlier: &str, later: &str) {
    let (earlier, later) = (samples(earlier), samples(later));
    for (series, before) in &earlier {
        let name = series.split('{').next().unwrap();
        let of_histogram = ["_bucket", "_sum", "_count"].iter().any(|part| name.ends_with(part));
        if counter_names().contains(name) || name.starts_with("plimsoll_finding_") && of_histogram {
            let after = later.get(series);
            assert!(after.is_some_and(|after| after >= before), "{series} fell from {before} to {after:?}");
        }
    }
}

#[test]
fn the_page_is_as_promised() {
    tools::check_file(
        "tests/it/fixtures/metrics.prom",
        &render(&published(end()), end() + SignedDuration::from_secs(60)),
    );
}

#[test]
fn the_reference_lists_every_metric() {
    tools::check_file("docs/metrics.md", &reference());
}

#[test]
fn every_metric_of_the_catalogue_is_on_a_full_page_and_nothing_else() {
    let page = render(&published(end()), end());
    let shown: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let known: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(shown, known);
}

#[test]
fn before_the_first_scan_nothing_is_claimed_but_the_counters_begin_at_zero() {
    let page = render(&Published::before_the_first_scan(build(), Duration::from_mins(15)), end());
    for absent in ["_ratio ", "plimsoll_resources{", "plimsoll_scan_last_", "plimsoll_findings_open{"] {
        assert!(!page.contains(&format!("\n{absent}")) && !page.contains("_ratio"), "{absent} on\n{page}");
    }
    assert_eq!(
        samples(&page)[r#"plimsoll_resource_seconds_total{aws_service="s3",state="fail",worst_severity="high"}"#],
        0.0
    );
    assert_eq!(samples(&page)[r#"plimsoll_scan_failures_total{reason="ledger"}"#], 0.0);
}

#[test]
fn the_shares_are_those_of_the_definition() {
    let page = samples(&render(&published(end()), end()));
    assert!((page["plimsoll_failing_resources_ratio"] - 3.0 / 95.0).abs() < 1e-12);
    assert!((page["plimsoll_coverage_ratio"] - 0.95).abs() < 1e-12);
    assert!((page["plimsoll_failing_or_unknown_resources_ratio"] - 0.08).abs() < 1e-12);
}

#[test]
fn past_the_hold_resource_time_is_unknown_and_finding_time_stops() {
    let at = |minutes| render(&published(end()), end() + SignedDuration::from_mins(minutes));
    let grown = |family, labels, from, to| sum(&at(to), family, labels) - sum(&at(from), family, labels);
    let seconds = "plimsoll_resource_seconds_total";
    assert_eq!(grown(seconds, r#"state="fail""#, 0, 30), 3.0 * 1800.0);
    assert_eq!(grown(seconds, r#"state="fail""#, 30, 90), 0.0);
    assert_eq!(grown(seconds, r#"state="unknown""#, 30, 90), 100.0 * 3600.0);
    assert_eq!(grown("plimsoll_finding_open_seconds_total", "critical", 0, 90), 1800.0);
}

#[test]
fn a_scan_that_closed_its_accounts_before_it_was_shown_lets_no_counter_fall() {
    let old = published(end());
    let shown_at = end() + SignedDuration::from_mins(10);
    let mut new = published(shown_at - SignedDuration::from_millis(40));
    // Everything was repaired, and the ledger accrued up to the end of the scan, not to the swap.
    let standing = &old.scan.as_ref().unwrap().standing;
    new.counters.integrals = old.counters.integrals.at(standing, shown_at - SignedDuration::from_millis(40));
    new.scan.as_mut().unwrap().standing.resources =
        BTreeMap::from([(Service::S3, States { pass: 60, ..States::default() })]);
    let before = render(&old, shown_at);
    assert!(
        sum(&before, "plimsoll_resource_seconds_total", "fail")
            > sum(&render(&new, shown_at), "plimsoll_resource_seconds_total", "fail")
    );
    assert_no_counter_fell(&before, &render(&new.following(&old, shown_at), shown_at));
}

/// A page with many accounts, rules, regions and operations.
pub(crate) fn large(accounts: u64, rule_count: usize, operations: usize, max_series: usize) -> Published {
    let mut published = published(end());
    published.max_series = max_series;
    published.rules = rules(rule_count);
    published.accounts = (0..accounts).map(|number| (account(number), None)).collect();
    let assessment = &mut published.scan.as_mut().unwrap().assessment;
    assessment.accounts = (0..accounts).map(|number| (account(number), indicator(&[s3()]))).collect();
    let region = |number| (Region::new(format!("eu-mars-{number}")).unwrap(), indicator(&[s3()]));
    assessment.regions = (0..accounts / 4).map(region).collect();
    let counts = |severity| RuleCounts { severity, pass: 5, fail: 3, waived: 2, unknown: 1 };
    assessment.rules = published.rules.iter().map(|(rule, summary)| (rule.clone(), counts(summary.severity))).collect();
    let calls = CallCount { calls: 2, attempts: 3, throttles: 1, errors: 0 };
    let operation = |number| (format!("Get{number}"), calls);
    published.counters.calls.insert("ec2".to_owned(), (0..operations).map(operation).collect());
    published
}

#[test]
fn a_thousand_accounts_and_a_hundred_rules_fit_without_anything_left_out() {
    let page = render(&large(1000, 100, 80, Published::DEFAULT_MAX_SERIES), end());
    assert!(!page.contains(r#"="__other__""#));
    assert_eq!(sum(&page, "plimsoll_metrics_series_dropped", ""), 0.0);
    assert!(samples(&page).len() < 14_000, "{} series", samples(&page).len());
}

#[test]
fn past_the_limit_of_series_the_rest_shares_one_value_and_sums_stay_right() {
    let limited = render(&large(3000, 900, 500, 5000), end());
    let whole = render(&large(3000, 900, 500, 1_000_000), end());
    assert!(samples(&limited).len() <= 5000, "{} series", samples(&limited).len());
    for (family, labels) in [
        ("plimsoll_account_resources", r#"state="fail""#),
        ("plimsoll_region_resources", r#"state="pass""#),
        ("plimsoll_evaluations", r#"result="fail""#),
        ("plimsoll_aws_api_requests_total", ""),
    ] {
        assert!(limited.contains(&format!("{family}{{")));
        assert_eq!(sum(&limited, family, labels), sum(&whole, family, labels), "{family}");
    }
    assert!(sum(&limited, "plimsoll_account_resources", "__other__") > 0.0);
    assert!(sum(&limited, "plimsoll_metrics_series_dropped", "plimsoll_account_resources") > 0.0);
    assert!(!limited.contains(r#"plimsoll_account_info{account_id="__other__""#));
    assert_eq!(sum(&whole, "plimsoll_metrics_series_dropped", ""), 0.0);
}

/// As many accounts, regions, rules and objectives as there are, without what the estimate cannot
/// know: calls of AWS, and decisions.
fn counted(size: Size, max_series: usize) -> BTreeMap<String, usize> {
    let mut published = large(u64::try_from(size.accounts).unwrap(), size.rules, 120, max_series);
    let assessment = &mut published.scan.as_mut().unwrap().assessment;
    let region = |number| (Region::new(format!("eu-mars-{number}")).unwrap(), indicator(&[s3()]));
    assessment.regions = (0..size.regions).map(region).collect();
    published.counters.calls.remove("s3");
    let scan = published.scan.as_mut().unwrap();
    scan.due = Severity::ALL.iter().map(|severity| (*severity, vec![end()])).collect();
    scan.oldest_open = Severity::ALL.iter().map(|severity| (*severity, end())).collect();
    let windows = [5, 30, 60, 120, 360, 1440, 4320, 40320].map(|minutes| (Duration::from_mins(minutes), 1.0));
    let mut slo = published.slos[&slo_name("critical-hours")].clone();
    slo.target = Some(0.5);
    slo.burn_rates = BTreeMap::from(windows);
    slo.actions = PolicyAction::ALL.iter().map(|action| (*action, end())).collect();
    published.slos = (0..size.slos).map(|number| (slo_name(&format!("slo-{number:04}")), slo.clone())).collect();
    published.decisions = GateDecision::ALL.iter().map(|decision| ((*decision, "any".to_owned()), 1)).collect();
    let page = render(&published, end());
    let mut counted = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let histogram = METRICS.iter().find(|metric| {
            metric.kind.name() == "histogram"
                && ["_bucket", "_sum", "_count"].iter().any(|part| name == format!("{}{part}", metric.name))
        });
        *counted.entry(histogram.map_or(name, |metric| metric.name).to_owned()).or_default() += 1;
    }
    counted
}

#[test]
fn the_estimate_is_what_the_worst_page_has() {
    for (size, max_series) in [
        (Size { accounts: 1, regions: 1, rules: 1, slos: 0 }, 25_000),
        (Size { accounts: 1000, regions: 17, rules: 170, slos: 12 }, 25_000),
        (Size { accounts: 5000, regions: 34, rules: 900, slos: 400 }, 25_000),
    ] {
        let estimate = estimate(size, max_series);
        let families: BTreeMap<String, usize> =
            estimate.families.iter().map(|family| (family.name.to_owned(), family.series)).collect();
        assert_eq!(families, counted(size, max_series), "{size:?}");
        assert_eq!(estimate.series, families.values().sum::<usize>());
        assert!(estimate.series <= max_series, "{}", estimate.series);
        let folds = estimate.families.iter().any(|family| family.folded > 0);
        assert_eq!(folds, size.accounts > 1000, "{size:?}");
    }
}

#[test]
fn by_arithmetic_a_thousand_accounts_cost_what_the_estimate_says() {
    let estimate = estimate(Size { accounts: 1000, regions: 17, rules: 100, slos: 4 }, 25_000);
    let of = |name: &str| estimate.families.iter().find(|family| family.name == name).unwrap().series;
    assert_eq!(of("plimsoll_account_resources"), 1000 * 7);
    assert_eq!(of("plimsoll_region_resources"), 17 * 7);
    assert_eq!(of("plimsoll_evaluations"), 100 * 4);
    assert_eq!(of("plimsoll_finding_detection_delay_seconds"), 4 * 2 * (10 + 1 + 2));
    assert_eq!(of("plimsoll_finding_time_to_remediate_seconds"), 4 * (9 + 1 + 2));
    assert_eq!(of("plimsoll_slo_burn_rate"), 4 * 8);
    let series = u64::try_from(estimate.series).unwrap();
    assert_eq!(estimate.disk_bytes, series * 28 * 24 * 60 * 3 / 2);
    assert_eq!(estimate.memory_bytes, series * 4096);
    assert!(estimate.bytes > estimate.series * 50);
}

#[test]
fn objectives_past_the_limit_are_left_out_and_never_added_up() {
    let mut published = published(end());
    published.max_series = 4000;
    let slo = published.slos[&slo_name("compliance-high")].clone();
    published.slos = (0..200).map(|number| (slo_name(&format!("slo-{number:04}")), slo.clone())).collect();
    let page = render(&published, end());
    assert!(samples(&page).len() <= 4000, "{}", samples(&page).len());
    assert!(!page.contains(r#"slo="__other__""#));
    assert_eq!(samples(&page)[r#"plimsoll_slo_objective_ratio{slo="slo-0000"}"#], 0.99);
    assert_eq!(sum(&page, "plimsoll_metrics_series_dropped", "plimsoll_slo_window_seconds"), 156.0);
    assert_eq!(published.folded(end())["plimsoll_slo_window_seconds"], 156);
    assert!(published.folded(end()).keys().all(|name| name.contains("slo") || name.contains("policy")));
}

#[test]
fn the_counters_of_an_objective_grow_like_those_of_the_estate() {
    let at = |minutes| samples(&render(&published(end()), end() + SignedDuration::from_mins(minutes)));
    let of = |minutes, state: &str| {
        at(minutes)[&format!(r#"plimsoll_slo_resource_seconds_total{{slo="compliance-high",state="{state}"}}"#)]
    };
    assert_eq!([of(0, "pass"), of(0, "fail"), of(0, "unknown"), of(0, "waived")], [7.0, 0.0, 0.0, 0.0]);
    assert_eq!([of(30, "pass"), of(30, "fail")], [7.0 + 50.0 * 1800.0, 3.0 * 1800.0]);
    assert_eq!([of(90, "fail"), of(90, "unknown")], [of(30, "fail"), 5.0 * 1800.0 + 60.0 * 3600.0]);
    let open = r#"plimsoll_slo_finding_open_seconds_total{slo="critical-hours"}"#;
    assert_eq!([at(0)[open], at(30)[open], at(90)[open]], [5.0, 5.0 + 3.0 * 1800.0, 5.0 + 3.0 * 1800.0]);
}

#[test]
fn what_an_objective_does_not_have_is_absent() {
    let page = samples(&render(&published(end()), end()));
    let has = |name: &str, slo: &str| page.contains_key(&format!("plimsoll_{name}{{slo=\"{slo}\"}}"));
    let (ratio, absolute) = ("compliance-high", "critical-hours");
    assert!(has("slo_objective_ratio", ratio) && !has("slo_objective_ratio", absolute));
    assert!(has("slo_budget_seconds", absolute) && !has("slo_budget_seconds", ratio));
    assert!(
        has("slo_budget_recovery_timestamp_seconds", absolute) && !has("slo_budget_recovery_timestamp_seconds", ratio)
    );
    assert_eq!(page[r#"plimsoll_slo_budget_remaining_ratio{slo="critical-hours"}"#], -0.25);
    assert_eq!(page[r#"plimsoll_slo_burn_rate{slo="compliance-high",window="3d"}"#], 1.5);
    let active = |action| page[&format!(r#"plimsoll_policy_action_active{{slo="critical-hours",action="{action}"}}"#)];
    assert_eq!(["warn", "require_approval", "freeze"].map(active), [0.0, 0.0, 1.0]);
    let since = page.keys().filter(|series| series.starts_with("plimsoll_policy_action_since")).count();
    assert_eq!(since, 1);
    assert_eq!(
        [60, 90, 300, 7200, 86_400, 36 * 3600].map(|seconds| window_name(Duration::from_secs(seconds))),
        ["1m", "90s", "5m", "2h", "1d", "36h"]
    );
}

#[test]
fn an_objective_with_another_definition_begins_anew_and_no_other_counter_does() {
    let old = published(end());
    let now = end() + SignedDuration::from_mins(10);
    let series =
        |page: &str, slo: &str| samples(page)[&format!(r#"plimsoll_slo_finding_open_seconds_total{{slo="{slo}"}}"#)];
    let mut new = published(now);
    for slo in new.slos.values_mut() {
        slo.latest.as_mut().unwrap().tally = Tally::default();
        slo.latest.as_mut().unwrap().at = now;
    }
    new.slos.get_mut(&slo_name("critical-hours")).unwrap().digest = "3".to_owned();
    let page = render(&new.following(&old, now), now);
    assert_eq!(series(&page, "compliance-high"), 5.0 + 3.0 * 600.0, "the same definition never falls");
    assert_eq!(series(&page, "critical-hours"), 0.0);
}

#[test]
fn histograms_count_from_the_start_and_overdue_findings_grow_between_scans() {
    let page = samples(&render(&published(end()), end()));
    let delay = |severity: &str, bound: &str, le: &str| {
        page[&format!(
            r#"plimsoll_finding_detection_delay_seconds_bucket{{severity="{severity}",bound="{bound}",le="{le}"}}"#
        )]
    };
    assert_eq!([delay("critical", "upper", "60"), delay("critical", "upper", "300")], [0.0, 1.0]);
    assert_eq!([delay("critical", "upper", "+Inf"), delay("low", "exact", "+Inf")], [1.0, 0.0]);
    assert_eq!(page[r#"plimsoll_finding_time_to_remediate_seconds_sum{severity="high"}"#], 5.0 * 3600.0);
    assert_eq!(page[r#"plimsoll_finding_time_to_remediate_seconds_bucket{severity="high",le="14400"}"#], 0.0);
    assert_eq!(page[r#"plimsoll_finding_time_to_remediate_seconds_bucket{severity="high",le="28800"}"#], 1.0);
    assert_eq!(page[r#"plimsoll_findings_resolved_total{severity="high",reason="fixed"}"#], 1.0);

    let overdue = |minutes| {
        let page = render(&published(end()), end() + SignedDuration::from_mins(minutes));
        samples(&page)[r#"plimsoll_findings_overdue{severity="critical"}"#]
    };
    assert_eq!([overdue(0), overdue(9), overdue(10)], [1.0, 1.0, 2.0]);
    assert!(!page.contains_key(r#"plimsoll_findings_overdue{severity="low"}"#), "it has no time limit");
}

#[test]
fn only_open_findings_have_a_time_limit_that_ends() {
    let open = finding("a", Severity::High, SignedDuration::from_hours(3));
    let resolved = Some(Resolved { at: end(), how: Resolution::Waived });
    let findings =
        [open.clone(), Finding { resolved, ..open.clone() }, finding("c", Severity::Low, SignedDuration::ZERO)];
    let limits =
        BTreeMap::from([(Severity::High, SignedDuration::from_hours(4)), (Severity::Critical, SignedDuration::ZERO)]);
    let scan = scan(end()).with_limits(&limits, &findings);
    let due = BTreeMap::from([
        (Severity::High, vec![end() + SignedDuration::from_hours(1)]),
        (Severity::Critical, Vec::new()),
    ]);
    assert_eq!(scan.due, due);
    let mut counters = Counters::default();
    counters.observe_resolution(&findings[1]);
    assert_eq!(counters.findings_resolved[&Resolution::Waived].high, 1);
    assert!(counters.remediation.is_empty(), "a waiver remediates nothing");
}

#[test]
fn a_failed_scan_has_little_to_say_and_destroys_nothing() {
    let now = end() + SignedDuration::from_mins(15);
    let failure = ScanFailure { reason: FailureReason::Connect, message: String::new() };
    let failed = published(end()).after_failure(&failure, now, now);
    let names = |page: &str| -> BTreeSet<String> {
        samples(page).keys().map(|series| series.split('{').next().unwrap().to_owned()).collect()
    };
    let page = render_failure(&failed, now);
    let times = ["plimsoll_scan_last_completion_timestamp_seconds", "plimsoll_scan_last_start_timestamp_seconds"];
    let counts = ["plimsoll_scan_failures_total", "plimsoll_scan_runs_total"];
    assert_eq!(names(&page), [times, counts].concat().iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(names(&render_times(&failed, now)), times.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(samples(&page)["plimsoll_scan_runs_total"], 13.0);
    assert_eq!(samples(&page)[r#"plimsoll_scan_failures_total{reason="connect"}"#], 2.0);
    // The whole page goes on with the last good values.
    assert_no_counter_fell(&render(&published(end()), now), &render(&failed, now));
    assert!(names(&render(&failed, now)).contains("plimsoll_coverage_ratio"));
}

#[test]
fn accounts_have_no_series_when_they_are_not_told_apart() {
    let mut published = published(end());
    published.account_detail = AccountSeries::None;
    let page = render(&published, end());
    assert!(!page.contains("account_id="));
    assert_eq!(sum(&page, "plimsoll_resources", ""), 100.0);
}

#[test]
fn what_a_ledger_does_not_remember_is_absent() {
    let mut published = published(end());
    let scan = published.scan.as_mut().unwrap();
    scan.waivers = BTreeMap::new();
    scan.durations = BTreeMap::new();
    let page = render(&published, end());
    assert!(!page.contains("plimsoll_waivers") && !page.contains("plimsoll_scan_duration_seconds"));
}

#[test]
fn promtool_finds_nothing_to_complain_about() {
    let Some(promtool) = tools::find("promtool", "prometheus") else { return };
    for page in [
        render(&published(end()), end()),
        render(&Published::before_the_first_scan(build(), Duration::from_mins(15)), end()),
        render(&large(3000, 900, 500, 5000), end()),
    ] {
        let mut check = Command::new(&promtool)
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        check.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
        let output = check.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
    }
}

proptest! {
    #[test]
    fn counters_never_fall_as_time_goes_on(mut seconds in prop::collection::vec(-100_i64..10_000, 2..6)) {
        seconds.sort_unstable();
        let pages: Vec<String> =
            seconds.iter().map(|second| render(&published(end()), end() + SignedDuration::from_secs(*second))).collect();
        for pair in pages.windows(2) {
            assert_no_counter_fell(&pair[0], &pair[1]);
        }
    }

    #[test]
    fn resource_time_is_resources_times_time(seconds in 0_i64..100_000) {
        let at = |now| sum(&render(&published(end()), now), "plimsoll_resource_seconds_total", "");
        let grown = at(end() + SignedDuration::from_secs(seconds)) - at(end());
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let expected = 100.0 * seconds as f64;
        prop_assert!((grown - expected).abs() < 1e-6, "{grown} {expected}");
    }
}

/// Names, units and help texts follow Prometheus' conventions, as its own tool judges them.
#[test]
fn promtool_finds_nothing_wrong_with_the_page() {
    let Some(promtool) = crate::tools::find("promtool", "prometheus") else { return };
    let page = render(&published(end()), end());
    assert!(
        page.contains("plimsoll_slo_burn_rate{") && page.contains("plimsoll_finding_detection_delay_seconds_bucket{")
    );
    let mut check = std::process::Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut check.stdin.take().unwrap(), page.as_bytes()).unwrap();
    let ended = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.is_empty(), "{said}");
}
