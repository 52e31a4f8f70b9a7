//! What a page costs before it exists: series, bytes, samples and disk for so many accounts, regions,
//! rules and objectives.
//!
//! The worst case is rendered and measured, so that the answer follows the catalogue: everything
//! that can be on a page is on it, with values as long as they get.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::objectives::SloValues;
use super::published::{Build, GateDecision, Phase, Published, ReloadOutcome, RuleSummary, ScanValues, WaiverStatus};
use super::series::CounterValues;
use super::{page, text};
use crate::model::{AccountId, Region, RuleId, Service, Severity, Snapshot};
use crate::sli::{
    Assessment, BySeverity, CallCount, Counters, DETECTION_BUCKETS, DetectionBound, Histogram, Indicator, RuleCounts,
    Standing, States,
};
use crate::slo::policy::Action as PolicyAction;
use crate::slo::{Measure, Point, SloName, Tally};

/// How large an estate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Accounts in scope.
    pub accounts: usize,
    /// Regions with resources, `global` among them.
    pub regions: usize,
    /// Rules in force.
    pub rules: usize,
    /// Objectives.
    pub slos: usize,
}

/// What a page costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// What it is the estimate of.
    pub size: Size,
    /// The limit of series it was made with.
    pub max_series: usize,
    /// Each family that has series, by name.
    pub families: Vec<FamilySize>,
    /// Series of the page.
    pub series: usize,
    /// Length of the page in the text format, uncompressed.
    pub bytes: usize,
    /// Samples per second when it is scraped every minute.
    pub samples_per_second: f64,
    /// Disk that Prometheus needs for 28 days of them, at 1.5 bytes a sample.
    pub disk_bytes: u64,
    /// Memory that Prometheus needs for the series, at 4 KiB each.
    pub memory_bytes: u64,
}

/// One family of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FamilySize {
    /// The metric.
    pub name: &'static str,
    /// Its series.
    pub series: usize,
    /// Label sets of it that the limit folds into one, or leaves out.
    pub folded: usize,
}

/// Seconds between two scrapes.
const SCRAPE: usize = 60;

/// Samples that one series has in 28 days.
const SAMPLES: u64 = 28 * 24 * 3600 / 60;

/// Operations of AWS that a scan calls: a little more than there are.
const OPERATIONS: usize = 120;

/// Burn rates are told for the windows of the four tiers, and the objective's own.
const BURN_WINDOWS: [u64; 8] = [5 * 60, 30 * 60, 3600, 2 * 3600, 6 * 3600, 24 * 3600, 72 * 3600, 28 * 24 * 3600];

/// What the page of an estate of this size costs in the worst case.
///
/// 1,000 accounts in 17 regions with 100 rules and no objective are about 10,000 series, 170 samples
/// a second and 600 MB of disk.
#[must_use]
pub fn estimate(size: Size, max_series: usize) -> Estimate {
    let now = Timestamp::constant(1_999_999_999, 999_000_000);
    let page = page(&worst_case(size, max_series, now), now);
    let folded = page.folded();
    let sizes = page.sizes();
    let family = |(name, series): (&&'static str, &usize)| FamilySize {
        name,
        series: *series,
        folded: folded.get(name).copied().unwrap_or_default(),
    };
    let series: usize = sizes.values().sum();
    Estimate {
        size,
        max_series: max_series.max(super::series::LEAST_MAX_SERIES),
        families: sizes.iter().map(family).collect(),
        series,
        bytes: text::encode(&page).len(),
        samples_per_second: per_second(series),
        disk_bytes: series as u64 * SAMPLES * 3 / 2,
        memory_bytes: series as u64 * 4096,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of series are far below 2^53")]
fn per_second(series: usize) -> f64 {
    series as f64 / SCRAPE as f64
}

/// Numbers as long as they get.
const MANY: u64 = 99_999;
const MILLISECONDS: u64 = 999_999_999_999_999;

const fn states(each: u64) -> States {
    States { pass: each, fail: severities(each), waived: each, unknown: each }
}

const fn severities(each: u64) -> BySeverity {
    BySeverity { critical: each, high: each, medium: each, low: each }
}

/// A page on which everything is that can be.
fn worst_case(size: Size, max_series: usize, now: Timestamp) -> Published {
    let rules = rules(size.rules);
    let decisions = GateDecision::ALL.iter().map(|decision| ((*decision, "budget_remaining".to_owned()), MANY));
    Published {
        build: Build { version: "10.10.10".to_owned(), revision: "0".repeat(40), rules_digest: "0".repeat(64) },
        interval: Duration::from_hours(24),
        max_series,
        accounts: (0..size.accounts).map(|number| (account(number), Some("n".repeat(30)))).collect(),
        scan: Some(scan(size, &rules, now)),
        rules,
        counters: counters(now),
        last_start: Some(now),
        last_completion: Some(now),
        reload: Some(ReloadOutcome { at: now, refused: None }),
        slos: (0..size.slos).filter_map(|number| Some((slo_name(number)?, slo(now)))).collect(),
        decisions: decisions.collect(),
        account_detail: super::AccountSeries::BySeverity,
        floor: CounterValues::new(),
    }
}

#[expect(clippy::expect_used, reason = "twelve digits are an account id")]
fn account(number: usize) -> AccountId {
    AccountId::new(format!("{number:012}")).expect("twelve digits")
}

#[expect(clippy::expect_used, reason = "lower-case letters, digits and hyphens are a rule id")]
fn rules(count: usize) -> BTreeMap<RuleId, RuleSummary> {
    let rule = |number: usize| {
        let id = RuleId::new(format!("aws-ec2-a-rule-with-a-name-of-some-length-{number:04}")).expect("a rule id");
        (id, RuleSummary { severity: Severity::ALL[number % Severity::ALL.len()], title: "t".repeat(80) })
    };
    (0..count).map(rule).collect()
}

fn slo_name(number: usize) -> Option<SloName> {
    SloName::new(&format!("an-objective-with-a-name-{number:04}"))
}

fn slo(now: Timestamp) -> SloValues {
    let resources = states(MILLISECONDS);
    SloValues {
        digest: String::new(),
        target: Some(0.9995),
        budget: Some(Duration::from_hours(24)),
        window: Duration::from_hours(28 * 24),
        latest: Some(Point {
            at: now,
            hold: SignedDuration::from_mins(30),
            measure: Measure { resources: states(MANY), open: MANY, ..Measure::default() },
            tally: Tally { resources, open: MILLISECONDS, within: MANY, late: MANY },
        }),
        remaining: Some(-0.123_456_789_012_345_6),
        window_coverage: Some(0.123_456_789_012_345_6),
        burn_rates: BURN_WINDOWS.iter().map(|window| (Duration::from_secs(*window), 0.123_456_789_012_345_6)).collect(),
        recovery: Some(now),
        actions: PolicyAction::ALL.iter().map(|action| (*action, now)).collect(),
    }
}

fn scan(size: Size, rules: &BTreeMap<RuleId, RuleSummary>, now: Timestamp) -> ScanValues {
    let indicator = Indicator { resources: states(MANY), stale: 0, unlisted: 0 };
    // Seven ratios of one third and the like are the longest that there are.
    let overall = Indicator { resources: States { pass: 3, unknown: 1, ..states(1) }, ..indicator };
    let counts = |severity| RuleCounts { severity, pass: MANY, fail: MANY, waived: MANY, unknown: MANY };
    let assessment = Assessment {
        taken_at: now,
        overall,
        severities: BTreeMap::new(),
        services: Service::ALL.iter().map(|service| (*service, indicator)).collect(),
        accounts: (0..size.accounts).map(|number| (account(number), indicator)).collect(),
        regions: (0..size.regions).filter_map(|number| Some((region(number)?, indicator))).collect(),
        rules: rules.iter().map(|(rule, summary)| (rule.clone(), counts(summary.severity))).collect(),
    };
    let standing = Standing::new(&assessment, [], now, SignedDuration::from_mins(34));
    let mut scan = ScanValues::new(assessment, standing, &Snapshot::empty(now), &[]);
    let limits = Severity::ALL.iter().map(|severity| (*severity, SignedDuration::from_hours(24))).collect();
    scan = scan.with_limits(&limits, &[]);
    scan.oldest_open = Severity::ALL.iter().map(|severity| (*severity, now)).collect();
    scan.waivers = WaiverStatus::ALL.iter().map(|status| (*status, MANY)).collect();
    scan.durations = Phase::ALL.iter().map(|phase| (*phase, Duration::from_millis(123_456))).collect();
    scan
}

fn region(number: usize) -> Option<Region> {
    Region::new(format!("ap-southeast-{number}")).ok()
}

fn counters(now: Timestamp) -> Counters {
    let call = CallCount { calls: MANY, attempts: MANY, throttles: MANY, errors: MANY };
    let mut counters = Counters { findings_opened: severities(MANY), scan_runs: MANY, ..Counters::default() };
    for service in Service::ALL {
        counters.integrals.resources.insert(*service, states(MILLISECONDS));
    }
    counters.integrals.findings = severities(MILLISECONDS);
    let operation = |number| (format!("DescribeSomethingOfThisLength{number:03}"), call);
    counters.calls.insert("organizations".to_owned(), (0..OPERATIONS).map(operation).collect());
    let mut histogram = Histogram::default();
    histogram.observe(DETECTION_BUCKETS, SignedDuration::from_hours(1), "", now);
    for bound in DetectionBound::ALL {
        let of = Severity::ALL.iter().map(|severity| (*severity, histogram.clone()));
        counters.detection.insert(*bound, of.collect());
    }
    counters
}
