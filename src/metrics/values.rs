//! From published values to series, one function per subject.

use std::time::Duration;

use jiff::Timestamp;

use super::catalogue::{self as metric, Metric};
use super::objectives;
use super::published::{AccountSeries, FailureReason, Phase, Published, ScanValues, UnitStatus, WaiverStatus};
use super::series::{Buckets, Exemplar, Page};
use crate::model::{ChangeKind, GapReason, Resolution, Service, Severity};
use crate::sli::{
    Counters, DETECTION_BUCKETS, DetectionBound, Histogram, Integrals, REMEDIATION_BUCKETS, RuleCounts, States,
};

pub(super) fn fill(page: &mut Page, published: &Published, now: Timestamp) {
    information(page, published);
    scans(page, published);
    integrals(page, &published.integrals(now));
    counters(page, &published.counters);
    histograms(page, &published.counters);
    calls(page, &published.counters);
    objectives::fill(page, published, now);
    if let Some(scan) = &published.scan {
        ratios(page, &scan.assessment.overall.resources);
        resources(page, published, scan);
        evaluations(page, published, scan);
        findings(page, scan, now);
        reading(page, scan);
    }
}

fn information(page: &mut Page, published: &Published) {
    let build = &published.build;
    page.set(metric::BUILD_INFO, [&build.version, &build.revision, &build.rules_digest], 1.0);
    for (rule, summary) in &published.rules {
        page.set(metric::RULE_INFO, [rule.as_str(), summary.severity.name(), &summary.title], 1.0);
    }
    let told_apart = published.accounts.iter().filter(|_| published.account_detail != AccountSeries::None);
    for (account, name) in told_apart {
        page.set(metric::ACCOUNT_INFO, [account.as_str(), name.as_deref().unwrap_or_default()], 1.0);
    }
    if let Some(reload) = &published.reload {
        page.set(metric::RELOAD_TIME, [], seconds(reload.at));
        page.set(metric::RELOAD_SUCCESSFUL, [], if reload.refused.is_none() { 1.0 } else { 0.0 });
    }
}

fn scans(page: &mut Page, published: &Published) {
    let failures = &published.counters.scan_failures;
    let reasons = FailureReason::ALL.iter().map(|reason| reason.name()).chain(failures.keys().map(String::as_str));
    for reason in reasons {
        page.set(metric::SCAN_FAILURES, [reason], count(failures.get(reason)));
    }
    page.set(metric::SCAN_RUNS, [], as_value(published.counters.scan_runs));
    page.set(metric::SCAN_INTERVAL, [], published.interval.as_secs_f64());
    if let Some(scan) = &published.scan {
        page.set(metric::SCAN_HOLD, [], scan.standing.hold.as_secs_f64());
    }
    let times = [
        (metric::SCAN_START, published.last_start),
        (metric::SCAN_COMPLETION, published.last_completion),
        (metric::SCAN_SUCCESS, published.scan.as_ref().map(|scan| scan.standing.at)),
    ];
    for (metric, time) in times {
        if let Some(time) = time {
            page.set(metric, [], seconds(time));
        }
    }
}

/// Milliseconds become seconds here.
fn integrals(page: &mut Page, integrals: &Integrals) {
    for service in Service::ALL {
        let states = integrals.resources.get(service).copied().unwrap_or_default();
        for (state, milliseconds) in states.cells() {
            let labels = [service.name(), state.name(), state.worst_severity()];
            page.set(metric::RESOURCE_SECONDS, labels, as_value(milliseconds) / 1000.0);
        }
    }
    for (severity, milliseconds) in integrals.findings.iter() {
        page.set(metric::FINDING_OPEN_SECONDS, [severity.name()], as_value(milliseconds) / 1000.0);
    }
}

fn counters(page: &mut Page, counters: &Counters) {
    for (severity, opened) in counters.findings_opened.iter() {
        let exemplar = counters.last_opened.get(&severity).map(Exemplar::of_count);
        page.set_with(metric::FINDINGS_OPENED, [severity.name()], as_value(opened), exemplar);
    }
    for how in Resolution::ALL {
        let resolved = counters.findings_resolved.get(how).copied().unwrap_or_default();
        for (severity, resolved) in resolved.iter() {
            page.set(metric::FINDINGS_RESOLVED, [severity.name(), how.name()], as_value(resolved));
        }
    }
    for service in Service::ALL {
        for kind in ChangeKind::ALL {
            for direction in kind.directions() {
                let changes = counters.changes.get(service).and_then(|kinds| kinds.get(kind)?.get(direction));
                page.set(metric::DRIFT_CHANGES, [service.name(), kind.name(), direction.name()], count(changes));
            }
        }
    }
    page.set(metric::EVALUATIONS_JUDGED, [], as_value(counters.evaluations.judged));
    page.set(metric::EVALUATIONS_REUSED, [], as_value(counters.evaluations.reused));
}

/// Every histogram is there from the start, so that the first observation is an increase.
fn histograms(page: &mut Page, counters: &Counters) {
    let none = Histogram::default();
    for severity in Severity::ALL {
        for bound in DetectionBound::ALL {
            let histogram = counters.detection.get(bound).and_then(|by| by.get(severity)).unwrap_or(&none);
            let labels = [severity.name(), bound.name()];
            page.set_histogram(metric::DETECTION_DELAY, labels, Buckets::of(histogram, DETECTION_BUCKETS));
        }
        let histogram = counters.remediation.get(severity).unwrap_or(&none);
        let buckets = Buckets::of(histogram, REMEDIATION_BUCKETS);
        page.set_histogram(metric::REMEDIATION_TIME, [severity.name()], buckets);
    }
}

fn calls(page: &mut Page, counters: &Counters) {
    for (service, operations) in &counters.calls {
        for (operation, calls) in operations {
            let labels = [service.as_str(), operation.as_str()];
            page.set(metric::API_REQUESTS, labels, as_value(calls.attempts));
            page.set(metric::API_RETRIES, labels, as_value(calls.attempts.saturating_sub(calls.calls)));
            page.set(metric::API_THROTTLES, labels, as_value(calls.throttles));
            page.set(metric::API_ERRORS, labels, as_value(calls.errors));
        }
    }
}

fn ratios(page: &mut Page, states: &States) {
    let ratios = [
        (metric::FAILING_RATIO, states.failing_ratio()),
        (metric::BOUND_RATIO, states.bound()),
        (metric::COVERAGE_RATIO, states.coverage()),
    ];
    for (metric, ratio) in ratios {
        if let Some(ratio) = ratio {
            page.set(metric, [], ratio);
        }
    }
    page.set(metric::KNOWN_RESOURCES, [], as_value(states.valid()));
    page.set(metric::EXPECTED_RESOURCES, [], as_value(states.total()));
}

/// Every slice's states. Accounts in scope are there even when nothing in them is judged.
fn resources(page: &mut Page, published: &Published, scan: &ScanValues) {
    let assessment = &scan.assessment;
    for service in Service::ALL {
        let slice = assessment.services.get(service).copied().unwrap_or_default();
        states(page, metric::RESOURCES, service.name(), &slice.resources);
    }
    let accounts = published.accounts.keys().chain(assessment.accounts.keys());
    for account in accounts.filter(|_| published.account_detail != AccountSeries::None) {
        let slice = assessment.accounts.get(account).copied().unwrap_or_default();
        states(page, metric::ACCOUNT_RESOURCES, account.as_str(), &slice.resources);
    }
    for (region, slice) in &assessment.regions {
        states(page, metric::REGION_RESOURCES, region.as_str(), &slice.resources);
    }
}

fn states(page: &mut Page, metric: &'static Metric, slice: &str, states: &States) {
    for (state, resources) in states.cells() {
        page.set(metric, [slice, state.name(), state.worst_severity()], as_value(resources));
    }
}

fn evaluations(page: &mut Page, published: &Published, scan: &ScanValues) {
    let judged = &scan.assessment.rules;
    let idle = published.rules.iter().filter(|(rule, _)| !judged.contains_key(rule));
    let idle = idle.map(|(rule, summary)| (rule, none(summary.severity)));
    for (rule, counts) in judged.iter().map(|(rule, counts)| (rule, *counts)).chain(idle) {
        let results =
            [("pass", counts.pass), ("fail", counts.fail), ("waived", counts.waived), ("unknown", counts.unknown)];
        for (result, evaluations) in results {
            page.set(metric::EVALUATIONS, [rule.as_str(), counts.severity.name(), result], as_value(evaluations));
        }
    }
}

const fn none(severity: Severity) -> RuleCounts {
    RuleCounts { severity, pass: 0, fail: 0, waived: 0, unknown: 0 }
}

fn findings(page: &mut Page, scan: &ScanValues, now: Timestamp) {
    for &severity in Severity::ALL {
        for &service in Service::ALL {
            let open = count(scan.findings_open.get(&(severity, service)));
            page.set(metric::FINDINGS_OPEN, [severity.name(), service.name()], open);
        }
        if let Some(&oldest) = scan.oldest_open.get(&severity) {
            page.set(metric::FINDING_OLDEST, [severity.name()], seconds(oldest));
        }
        if let Some(due) = scan.due.get(&severity) {
            let overdue = due.iter().filter(|due| **due < now).count() as u64;
            page.set(metric::FINDINGS_OVERDUE, [severity.name()], as_value(overdue));
        }
    }
}

fn reading(page: &mut Page, scan: &ScanValues) {
    for &service in Service::ALL {
        for &reason in GAP_REASONS {
            page.set(metric::GAPS, [service.name(), reason.name()], count(scan.gaps.get(&(service, reason))));
        }
    }
    // A ledger does not remember these two; what is not known is absent.
    for status in WaiverStatus::ALL.iter().filter(|_| !scan.waivers.is_empty()) {
        page.set(metric::WAIVERS, [status.name()], count(scan.waivers.get(status)));
    }
    for status in UnitStatus::ALL {
        page.set(metric::SCAN_UNITS, [status.name()], count(scan.units.get(status)));
    }
    for phase in Phase::ALL.iter().filter(|_| !scan.durations.is_empty()) {
        let took = scan.durations.get(phase).copied().unwrap_or(Duration::ZERO);
        page.set(metric::SCAN_DURATION, [phase.name()], took.as_secs_f64());
    }
}

/// All reasons of gaps.
const GAP_REASONS: &[GapReason] = &[
    GapReason::Denied,
    GapReason::Throttled,
    GapReason::TimedOut,
    GapReason::Credentials,
    GapReason::Unavailable,
    GapReason::Malformed,
    GapReason::RegionDisabled,
    GapReason::NotCollected,
];

fn count(count: Option<&u64>) -> f64 {
    as_value(count.copied().unwrap_or_default())
}

/// Counts, and milliseconds of resource time, stay far below 2^53, where `f64` stops being exact.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53; a thousand resources for 285 years are below it")]
const fn as_value(count: u64) -> f64 {
    count as f64
}

fn seconds(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}
