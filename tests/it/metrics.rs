//! The metrics page: its text, its laws, and what Prometheus' own tool says about it.
#![expect(clippy::float_cmp, reason = "the numbers are whole, and so exact")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::metrics::{
    Build, METRICS, Phase, Published, ReloadOutcome, RuleSummary, ScanValues, UnitStatus, WaiverStatus, reference,
    render,
};
use plimsoll::model::{
    AccountId, ChangeKind, Direction, GapReason, Region, Resolution, RuleId, Service, Severity, Snapshot,
};
use plimsoll::sli::{Assessment, BySeverity, CallCount, Counters, Indicator, Integrals, RuleCounts, Standing, States};
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
    published
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
    counters
}

fn end() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// The samples of a page, by name with labels.
fn samples(page: &str) -> BTreeMap<String, f64> {
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

/// No counter of `earlier` is lower in `later`.
pub(crate) fn assert_no_counter_fell(earlier: &str, later: &str) {
    let (earlier, later) = (samples(earlier), samples(later));
    for (series, before) in &earlier {
        if counter_names().contains(series.split('{').next().unwrap()) {
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
fn large(accounts: u64, rule_count: usize, operations: usize, max_series: usize) -> Published {
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
